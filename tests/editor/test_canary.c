/* A key that sings: it goes to the server it was set for, in one header, and
 * is found nowhere else. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(canary, .timeout = 60);

#define CANARY "canary-Q7x9-0123456789abcdef"
#define OTHER "parrot-K2m4-fedcba9876543210"
#define MINE "'api_key_env': ['DEEPINFRA_API_KEY']"

static const char answer[] =
    "token Fine\nhold g\ntoken .\nfinish stop 1 2 0.5\ndone\n";

static void
start(struct wreck *w, const char *script, const char *settings)
{
    setenv("DEEPINFRA_API_KEY", CANARY, 1);
    setenv("DEEPINFRA_TOKEN", OTHER, 1);
    wreck_start(w, script, settings);
}

/* ---- where it must not be ------------------------------------------------ */

static bool
sings(const char *text)
{
    return text != NULL &&
           (strstr(text, "canary-") != NULL || strstr(text, "parrot-") != NULL);
}

/* Any bytes, NUL too; "" if it cannot be read. Owned (free). */
static char *
read_bytes(const char *path)
{
    size_t len;
    char *bytes = temp_read(path, &len);
    for (size_t i = 0; bytes != NULL && i < len; i++)
        bytes[i] = bytes[i] == '\0' ? ' ' : bytes[i];
    return bytes != NULL ? bytes : strdup("");
}

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    if (type == FTW_F) {
        char *bytes = read_bytes(path);
        cr_expect(!sings(bytes), "%s: %s", path, bytes);
        free(bytes);
    }
    return 0;
}

static void
expect_process_silent(pid_t pid, const char *what, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, what);
    char *bytes = read_bytes(path);
    cr_expect(!sings(bytes), "%s: %s: %s", name, path, bytes);
    free(bytes);
}

static void
expect_silence(struct wreck *w, const char *name)
{
    static const char *const places[] = {
        "execute('messages')",
        "execute('registers')",
        "execute('let')",
        "join(getline(1, '$'), \"\\n\")",
        "string(getbufvar('%', ''))",
        "string(deepchat#host#stderr())",
    };
    nftw(w->home, visit, 16, FTW_PHYS);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *text = ed_eval(w->ed, "%s", places[i]);
        cr_expect(!sings(text), "%s: %s: %s", name, places[i], text);
        free(text);
    }
    char *screen = ed_screen(w->ed);
    cr_expect(!sings(screen), "%s: %s", name, screen);
    free(screen);
    expect_process_silent(ed_host(w->ed), "cmdline", name);
    expect_process_silent(ed_pid(w->ed), "cmdline", name);
}

/* How often a header name stands in a head, whatever its case. */
static size_t
count_authorization(const char *head)
{
    size_t count = 0;
    for (; *head != '\0'; head++)
        count += strncasecmp(head, "\nauthorization:", 15) == 0 ||
                 strncasecmp(head, "\nproxy-authorization:", 21) == 0;
    return count;
}

static void
expect_head(struct server *sv, size_t request, const char *key,
            const char *name)
{
    char want[128], *head = server_request_head(sv, request);
    snprintf(want, sizeof want, "\r\nAuthorization: Bearer %s\r\n", key);
    cr_expect_eq(count_authorization(head), key[0] != '\0', "%s: %s", name,
                 head);
    cr_expect(key[0] == '\0' ? !sings(head) : strstr(head, want) != NULL,
              "%s: %s", name, head);
    char *body = server_request_body(sv, request, NULL);
    cr_expect(!sings(body), "%s: %s", name, body);
    free(body);
    free(head);
}

/* ---- which key goes where ------------------------------------------------ */

static const struct {
    const char *name, *settings, *key;
} keys[] = {
    {"not set for this server", "", ""},
    {"none wanted", "'api_key_env': []", ""},
    {"set for it", MINE, CANARY},
    {"the second is set", "'api_key_env': ['NOT_SET', 'DEEPINFRA_TOKEN']",
     OTHER},
    {"set for another",
     "'providers': {'x': {'base_url': "
     "'http://127.0.0.1:1/v1', " MINE "}}",
     ""},
    {"of a program", "'api_key_cmd': ['echo', '" OTHER "']", NULL},
};

static void
expect_no_core(pid_t host)
{
#ifdef __linux__
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/limits", (long)host);
    char *limits = temp_read(path, NULL);
    char *core = limits != NULL ? strstr(limits, "Max core file size") : NULL;
    cr_assert(core != NULL);
    unsigned long soft = 1, hard = 1;
    sscanf(core, "Max core file size %lu %lu", &soft, &hard);
    cr_expect(soft == 0 && hard == 0, "%.60s", core);
    free(limits);
#else
    (void)host;
#endif
}

/* Root may read what is hidden from the user, so there it must be wiped, too;
 * a key that nobody asked for is only hidden. */
static void
expect_environment(pid_t host, size_t i)
{
    if (geteuid() != 0 || strcmp(keys[i].settings, MINE) == 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%ld/environ", (long)host);
        char *bytes = read_bytes(path);
        cr_expect(strstr(bytes, "canary-") == NULL, "%s: %s", keys[i].name,
                  bytes);
        free(bytes);
    }
}

Test(canary, one_header)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].key == NULL)
            continue;
        struct wreck w;
        start(&w, answer, keys[i].settings);
        wreck_ask(&w, "Say");
        cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS), "%s", keys[i].name);
        expect_head(w.sv, 1, keys[i].key, keys[i].name);
        cr_assert(wreck_shows(&w, "Fine"));
        expect_silence(&w, keys[i].name);
        expect_environment(ed_host(w.ed), i);
        expect_no_core(ed_host(w.ed));
        server_release(w.sv, "g");
        cr_assert(wreck_idle(&w));
        ed_ex(w.ed, "silent DeepLog");
        expect_silence(&w, keys[i].name);
        wreck_stop(&w);
    }
}

/* ---- a program that prints it -------------------------------------------- */

Test(canary, key_program)
{
    struct wreck w;
    start(&w, answer,
          "'api_key_cmd': ['sh', '-c', 'env >env.txt; tr \"\\0\" \" \" "
          "</proc/$$/environ >>env.txt; rev <key.txt']");
    char *path = temp_path(w.home, "key.txt");
    temp_write(path, "0123456789-torrap\n", 18);
    wreck_ask(&w, "Say");
    cr_assert(server_wait_held(w.sv, "g", 1, WRECK_MS));
    expect_head(w.sv, 1, "parrot-9876543210", "program");
    free(path);
    path = temp_path(w.home, "env.txt");
    char *text = temp_read(path, NULL);
    cr_expect(text != NULL && strstr(text, "HOME=") != NULL, "%s", text);
    cr_expect(!sings(text), "%s", text);
    expect_silence(&w, "program");
    server_release(w.sv, "g");
    cr_assert(wreck_idle(&w));
    free(path);
    free(text);
    wreck_stop(&w);
}

/* ---- servers that repeat it ---------------------------------------------- */

static const struct {
    const char *name, *script;
} echoes[] = {
    {"401",
     "status 401\njson {\"error\":{\"message\":\"bad key " CANARY "\"}}\n"},
    {"401, a part",
     "status 401\njson {\"error\":{\"message\":\"Incorrect API "
     "key provided: canary-Q***cdef\",\"code\":\"" CANARY "\"}}\n"},
    {"403, plain text", "status 403\nbody Bearer " CANARY " is not allowed\n"},
    {"429", "status 429\njson {\"detail\":\"" CANARY " is over its limit\"}\n"},
    {"500, HTML", "status 500\nheader Content-Type: text/html\nbody "
                  "<html><title>" CANARY "</title></html>\n"},
    {"in the stream",
     "sse {\"error\":{\"message\":\"" CANARY "\",\"code\":401}}\n"},
    {"after text",
     "token Fine\nsse {\"error\":{\"message\":\"" CANARY "\",\"code\":500}}\n"},
    {"model", "sse {\"model\":\"" CANARY
              "\",\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\nfinish "
              "stop\ndone\n"},
    {"finish", "token x\nfinish " CANARY "\ndone\n"},
    {"not HTTP", "raw " CANARY "\\r\\n\\r\\n\nclose\n"},
    {"redirect",
     "status 307\nheader Location: http://" CANARY ".example/\nlength 0\n"},
};

Test(canary, echoed)
{
    struct wreck w;
    start(&w, answer, MINE ", 'retries': 0");
    for (size_t i = 0; i < sizeof echoes / sizeof *echoes; i++) {
        wreck_script(&w, echoes[i].script);
        ed_ex(w.ed, "messages clear");
        wreck_ask(&w, "Say");
        cr_assert(server_wait_requests(w.sv, 1, WRECK_MS), "%s",
                  echoes[i].name);
        cr_assert(wreck_idle(&w), "%s", echoes[i].name);
        expect_head(w.sv, 1, CANARY, echoes[i].name);
        expect_silence(&w, echoes[i].name);
    }
    wreck_stop(&w);
}

/* ---- where it is not taken ----------------------------------------------- */

Test(canary, redirect)
{
    static const int statuses[] = {301, 302, 303, 307, 308};
    struct wreck w;
    start(&w, answer, MINE ", 'retries': 0");
    struct server *other = server_start(NULL);
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        char script[256];
        snprintf(script, sizeof script,
                 "status %d\nheader Location: %s/chat/completions\nlength 0\n",
                 statuses[i], server_url(other, NULL));
        wreck_script(&w, script);
        wreck_ask(&w, "Say");
        cr_assert(server_wait_requests(w.sv, 1, WRECK_MS));
        cr_assert(wreck_idle(&w));
        for (size_t n = server_requests(other); n > 0; n--)
            expect_head(other, n, "", "redirect");
        expect_silence(&w, "redirect");
    }
    server_stop(other);
    wreck_stop(&w);
}

/* %u is the server's port: a request that is not refused would get there. */
static const struct {
    const char *name, *settings;
} open_lines[] = {
    {"an address for all", "'base_url': 'http://0.0.0.0:%u/s/t/v1', " MINE},
    {"through a proxy", "'base_url': 'http://api.example.com/v1', 'proxy': "
                        "'http://127.0.0.1:%u', " MINE},
    {"a name", "'base_url': 'http://localhost.example.com:%u/v1', " MINE},
    {"looks like loopback", "'base_url': 'http://127.0.0.1.nip.example:%u/v1',"
                            " " MINE},
};

Test(canary, plain_http)
{
    struct wreck w;
    start(&w, answer, "");
    char *host = ed_eval(w.ed, "g:deepchat.host");
    for (size_t i = 0; i < sizeof open_lines / sizeof *open_lines; i++) {
        char settings[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(settings, sizeof settings, open_lines[i].settings,
                 server_port(w.sv));
#pragma GCC diagnostic pop
        ed_ex(w.ed, "let g:deepchat = {'host': '%s', 'model': 'm', %s}", host,
              settings);
        ed_ex(w.ed, "messages clear");
        wreck_ask(&w, "Say");
        cr_expect(wreck_idle(&w), "%s", open_lines[i].name);
        cr_expect(wreck_said(&w, "https"), "%s", open_lines[i].name);
        cr_expect_eq(server_requests(w.sv), 0, "%s", open_lines[i].name);
        expect_silence(&w, open_lines[i].name);
    }
    free(host);
    wreck_stop(&w);
}

/* The key of DeepInfra goes there, and the proxy on the way sees no header. */
Test(canary, proxy)
{
    struct wreck w;
    start(&w, answer, "'retries': 0");
    server_script(w.sv, "connect", "status 403\nlength 0\n");
    ed_ex(w.ed,
          "call remove(g:deepchat, 'base_url') | let g:deepchat.proxy = "
          "'http://127.0.0.1:%u'",
          server_port(w.sv));
    wreck_ask(&w, "Say");
    cr_assert(wreck_idle(&w));
    char *head = server_get(w.sv, "/others/1/head", NULL);
    cr_assert(head != NULL);
    cr_expect(strncmp(head, "CONNECT api.deepinfra.com:443 ", 30) == 0, "%s",
              head);
    cr_expect_eq(count_authorization(head), 0, "%s", head);
    cr_expect(!sings(head), "%s", head);
    expect_silence(&w, "proxy");
    free(head);
    wreck_stop(&w);
}
