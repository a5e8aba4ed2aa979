/*
 * What the scripted server takes on its command line: TLS with each
 * certificate of tools/make-certs.sh, as a proxy, the tour, files. The client
 * is libcurl, as the host's. Run from the top of the tree.
 */
#include <criterion/criterion.h>

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/proc.h"
#include "../lib/server.h"
#include "base/buf.h"
#include "lib/tmpdir.h"

TestSuite(server_options, .timeout = 60);

static size_t
keep(char *bytes, size_t size, size_t count, void *user)
{
    buf_add(user, bytes, size * count);
    return size * count;
}

/* The code of one request; its body goes to got. */
static CURLcode
request(const char *base, const char *message, const char *ca,
        const char *proxy, struct buf *got)
{
    char url[256], body[512];
    snprintf(url, sizeof url, "%s/chat/completions", base);
    snprintf(body, sizeof body,
             "{\"stream\":true,\"messages\":[{\"role\":\"user\","
             "\"content\":\"%s\"}]}",
             message);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
    curl_easy_setopt(curl, CURLOPT_PROXY, proxy);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 2000L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, got);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_cleanup(curl);
    return code;
}

static char *
make_certs(void)
{
    char *dir = tmpdir_new();
    const char *const argv[] = {"sh", "tools/make-certs.sh", dir, NULL};
    struct proc p;
    proc_start(&p, argv, PROC_ERR);
    cr_assert(proc_wait(&p, 20000));
    cr_assert_eq(p.status, 0);
    proc_stop(&p);
    return dir;
}

struct certs {
    char *dir, *ca, *cert, *key;
};

static struct certs
certs_of(char *dir, const char *name)
{
    char file[64];
    struct certs c = {dir, temp_path(dir, "ca.pem"), NULL, NULL};
    snprintf(file, sizeof file, "%s.pem", name);
    c.cert = temp_path(dir, file);
    snprintf(file, sizeof file, "%s.key", name);
    c.key = temp_path(dir, file);
    return c;
}

static void
certs_finish(struct certs *c)
{
    free(c->ca);
    free(c->cert);
    free(c->key);
}

/* clang-format off */
static const struct {
    const char *cert, *option, *value; /* option: NULL for none */
    const char *script;
    CURLcode code;
    const char *body, *state;
} tls_cases[] = {
    {"good", NULL, NULL, "chunk ok\nclose", CURLE_OK, "ok", "finished"},
    {"good", NULL, NULL, "split every\nwords 50\nclose", CURLE_OK, NULL,
     "finished"},
    {"good", NULL, NULL, "words 50000\nclose", CURLE_OK, NULL, "finished"},
    {"good", NULL, NULL, "chunked off\nchunk ok\ntls-truncate", CURLE_OK,
     "ok", "cut"},
    {"good", NULL, NULL, "chunk ok\ntls-truncate", CURLE_PARTIAL_FILE, "ok",
     "cut"},
    {"good", NULL, NULL, "chunk ok\nrst", CURLE_RECV_ERROR, "ok", "cut"},
    {"good", "--tls-max", "1.2", "chunk ok\nclose", CURLE_OK, "ok",
     "finished"},
    {"good", "--tls-max", "1.1", "chunk ok", CURLE_SSL_CONNECT_ERROR, "",
     NULL},
    {"good", "--tls-silent", NULL, "chunk ok", CURLE_OPERATION_TIMEDOUT, "",
     NULL},
    {"expired", NULL, NULL, "chunk ok", CURLE_PEER_FAILED_VERIFICATION, "",
     NULL},
    {"wrongname", NULL, NULL, "chunk ok", CURLE_PEER_FAILED_VERIFICATION, "",
     NULL},
    {"selfsigned", NULL, NULL, "chunk ok", CURLE_PEER_FAILED_VERIFICATION, "",
     NULL},
};
/* clang-format on */

static void
check_tls(char *dir, size_t i)
{
    struct certs c = certs_of(dir, tls_cases[i].cert);
    struct server *sv = server_start(
        "--tls", c.cert, c.key, tls_cases[i].option, tls_cases[i].value, NULL);
    struct buf got;
    buf_init(&got, (size_t)64 << 20);
    server_script(sv, "t", tls_cases[i].script);
    CURLcode code = request(server_tls_url(sv, "t"), "", c.ca, "", &got);
    cr_expect_eq(code, tls_cases[i].code, "%zu: %d", i, (int)code);
    if (tls_cases[i].body != NULL)
        cr_expect_str_eq(got.len > 0 ? got.ptr : "", tls_cases[i].body);
    if (tls_cases[i].state != NULL) {
        struct server_log log;
        cr_assert(server_wait_ended(sv, 1, 5000));
        cr_assert(server_log(sv, 1, &log));
        cr_expect_str_eq(log.state, tls_cases[i].state, "%zu", i);
    }
    cr_expect_eq(server_requests(sv), tls_cases[i].state != NULL);
    buf_finish(&got);
    server_stop(sv);
    certs_finish(&c);
}

Test(server_options, speaks_tls)
{
    char *dir = make_certs();
    for (size_t i = 0; i < sizeof tls_cases / sizeof *tls_cases; i++)
        check_tls(dir, i);
    tmpdir_free(dir);
}

/* What OpenSSL's own client says about the end of the connection. Owned. */
static char *
tls_end(struct server *sv, const char *script)
{
    const char *address = strstr(server_tls_url(sv, NULL), "127");
    char connect[32], path[128];
    snprintf(connect, sizeof connect, "%.*s", (int)strcspn(address, "/"),
             address);
    const char *const argv[] = {"openssl",  "s_client", "-quiet",
                                "-connect", connect,    NULL};
    struct proc p;
    proc_start(&p, argv, PROC_IN | PROC_OUT | PROC_ERR);
    int len = snprintf(path, sizeof path,
                       "POST /s/%s/v1/chat/completions HTTP/1.1\r\n"
                       "Content-Length: 0\r\n\r\n",
                       script);
    proc_write(p.in, path, (size_t)len);
    char *said = proc_read_until(p.err, NULL, 10000);
    proc_stop(&p);
    cr_assert_not_null(said);
    return said;
}

Test(server_options, cuts_tls_with_and_without_good_bye)
{
    static const struct {
        const char *script;
        bool cut;
    } ends[] = {{"chunk ok\nfin", false},
                {"chunk ok\nclose", false},
                {"chunk ok\ntls-truncate", true}};
    char *dir = make_certs();
    struct certs c = certs_of(dir, "good");
    struct server *sv = server_start("--tls", c.cert, c.key, NULL);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        server_script(sv, "t", ends[i].script);
        char *said = tls_end(sv, "t");
        cr_expect_eq(strstr(said, "unexpected eof") != NULL, ends[i].cut,
                     "%s: %s", ends[i].script, said);
        free(said);
    }
    server_stop(sv);
    certs_finish(&c);
    tmpdir_free(dir);
}

Test(server_options, plays_a_proxy)
{
    char *dir = make_certs();
    struct certs c = certs_of(dir, "good");
    struct server *sv = server_start("--tls", c.cert, c.key, NULL);
    struct buf got;
    buf_init(&got, (size_t)1 << 20);
    char proxy[64], https[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", server_port(sv));
    server_script(sv, "t", "chunk ok");

    cr_expect_eq(request("http://localhost:9/s/t/v1", "", c.ca, proxy, &got),
                 CURLE_OK);
    cr_expect_str_eq(got.ptr, "ok");
    buf_reset(&got);
    snprintf(https, sizeof https, "https://localhost:9/s/t/v1");
    cr_expect_eq(request(https, "", c.ca, proxy, &got), CURLE_OK);
    cr_expect_str_eq(got.ptr, "ok");
    char *head = server_get(sv, "/others/1/head", NULL);
    cr_expect(strstr(head, "CONNECT localhost:9 HTTP/1.1\r\n") == head);
    free(head);

    server_script(sv, "connect",
                  "status 407\nheader Proxy-Authenticate: "
                  "Basic realm=x\nbody no\nclose");
    cr_expect_eq(request(https, "", c.ca, proxy, &got), CURLE_RECV_ERROR);
    cr_expect_eq(request(server_tls_url(sv, "t"), "", c.ca, "", &got),
                 CURLE_OK);
    char plain_as_tls[64];
    snprintf(plain_as_tls, sizeof plain_as_tls, "https://127.0.0.1:%u",
             server_port(sv));
    cr_expect_eq(request(plain_as_tls, "", c.ca, "", &got),
                 CURLE_SSL_CONNECT_ERROR);
    buf_finish(&got);
    server_stop(sv);
    certs_finish(&c);
    tmpdir_free(dir);
}

Test(server_options, gives_the_tour)
{
    static const struct {
        const char *message, *heading;
    } turns[] = {
        {"hello", "**This is the offline tour, no model is running.**"},
        {"how do I STOP it", "## Stopping a reply"},
        {"undo?", "## Typing and undo while it streams"},
        {"llama-server", "## Talking to a real model"},
        {"what about :DeepResume", "## When something goes wrong"},
    };
    struct server *sv =
        server_start("--tour", "tests/server/tour.md", "--rate", "0", NULL);
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        struct buf got;
        buf_init(&got, (size_t)1 << 20);
        cr_expect_eq(
            request(server_url(sv, NULL), turns[i].message, NULL, "", &got),
            CURLE_OK);
        char *sent = server_sent(sv, i + 1, NULL);
        cr_expect(strstr(sent, turns[i].heading) != NULL, "%s: %s",
                  turns[i].message, sent);
        cr_expect(strstr(sent, "offline tour, no model is running") != NULL);
        cr_expect(strstr(sent, "<!--") == NULL);
        free(sent);
        buf_finish(&got);
    }
    server_stop(sv);
}

Test(server_options, reads_and_writes_files)
{
    char *dir = tmpdir_new();
    char *script = temp_path(dir, "script"), *port = temp_path(dir, "port");
    char *text = temp_path(dir, "text");
    temp_write(text, "one\ntwo", 7);
    char line[512];
    int len = snprintf(line, sizeof line, "text 0 @%s\nclose", text);
    temp_write(script, line, (size_t)len);
    struct server *sv = server_start("--script", script, "--port-file", port,
                                     "--record", dir, NULL);
    char *seen = temp_read(port, NULL);
    cr_expect_eq((unsigned)atoi(seen), server_port(sv));
    free(seen);
    struct buf got;
    buf_init(&got, (size_t)1 << 20);
    request(server_url(sv, NULL), "hi", NULL, "", &got);
    char *sent = server_sent(sv, 1, NULL);
    cr_expect_str_eq(sent, "one\ntwo");
    char *body_path = temp_path(dir, "1.body");
    char *saved = temp_read(body_path, NULL);
    char *body = server_request_body(sv, 1, NULL);
    cr_expect_str_eq(saved, body);
    server_stop(sv);
    cr_expect_null(temp_read(port, NULL));
    buf_finish(&got);
    char *owned[] = {script, port, text, sent, body_path, saved, body};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        free(owned[i]);
    tmpdir_free(dir);
}

Test(server_options, dies_with_its_test)
{
    const char *program = getenv("DC_SERVER");
    const char *const argv[] = {program != NULL ? program
                                                : "build/tests/server",
                                "--die-with-stdin", NULL};
    const char *const unknown[] = {argv[0], "--nonsense", NULL};
    struct proc p;
    proc_start(&p, argv, PROC_IN | PROC_OUT);
    char *line = proc_read_until(p.out, "\n", 5000);
    cr_assert_not_null(line);
    cr_expect(strstr(line, "listening on http://127.0.0.1:") == line);
    free(line);
    cr_expect_not(proc_wait(&p, 0));
    proc_close_in(&p);
    cr_expect(proc_wait(&p, 5000));
    cr_expect_eq(proc_stop(&p), 0);
    proc_start(&p, unknown, PROC_ERR);
    cr_expect(proc_wait(&p, 5000));
    cr_expect_eq(proc_stop(&p), 2);
}
