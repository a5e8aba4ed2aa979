/* deepchat-host --send FILE: one reply appended to a chat file, no editor. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(file_send, .timeout = 60);

enum { MS = 15000 };

#define ASKED "---\nmodel: m\n---\n\n%% user\n\nSay\n"
#define BOUND "---\njson_schema: a.json\n---\n\n%% user\n\nSay\n"
#define SHOWN "%% user\n\nSay\n![](dot.png)\n"
#define BLOCK(a) "```json\n{\n  \"a\": " a "\n}\n```"

static struct server *sv;
static char *home, *chat;

static void
setup(void)
{
    sv = server_start(NULL);
    home = tmpdir_new();
    chat = temp_path(home, "x.deepchat.md");
    static const char schema[] =
        "{\"properties\":{\"a\":{\"type\":\"integer\"}}}";
    char *path = temp_path(home, "a.json");
    temp_write(path, schema, sizeof schema - 1);
    free(path);
    path = temp_path(home, "dot.png");
    temp_write(path, "\x89PNG\r\n\x1a\n", 8);
    free(path);
    setenv("HOME", home, 1);
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_DATA_HOME", home, 1);
}

static void
teardown(void)
{
    free(chat);
    tmpdir_free(home);
    server_stop(sv);
}

static void
start(struct proc *p, const char *file)
{
    const char *host = getenv("DC_HOST");
    char url[256];
    snprintf(url, sizeof url, "++base_url=%s", server_url(sv, "t"));
    const char *argv[] = {host != NULL ? host : "build/deepchat-host",
                          "--send",
                          file,
                          url,
                          "++retries=0",
                          NULL};
    proc_start(p, argv, PROC_OUT | PROC_ERR);
}

static size_t
journals(void)
{
    struct wreck w = {.home = home};
    return wreck_count(&w, ".journal");
}

static void
expect_chat(const char *want, const char *name)
{
    char *text = temp_read(chat, NULL);
    cr_expect_str_eq(text, want, "%s: %s", name, text);
    free(text);
}

static const struct {
    const char *name, *before, *script;
    int status;
    const char *after; /* NULL: as before */
    const char *out, *err;
} sends[] = {
    {"a reply", ASKED, "token Hi\\n%% user\nfinish stop 1 2 0.5\ndone\n", 0,
     ASKED "\n%% assistant finish=stop in=1 out=2 cost=0.5\n\nHi\n%%% user\n\n"
           "%% user\n\n\n",
     "Hi\n%%% user\n", ""},
    {"no newline at the end", "Say", "token Hi\nfinish stop\ndone\n", 0,
     "Say\n\n%% assistant finish=stop\n\nHi\n\n%% user\n\n\n", "Hi\n", ""},
    {"reasoning", ASKED,
     "reasoning hm\ntoken Hi\nfinish length\ndone\n---\n"
     "finish length\ndone\n",
     0,
     ASKED "\n%% reasoning\n\nhm\n\n%% assistant finish=length\n\nHi\n\n"
           "%% user\n\n\n",
     "Hi\n", "deepchat: reply cut, and the server adds nothing more"},
    {"in parts", ASKED,
     "token Hi,\nfinish length 1 2 0.5\ndone\n---\n"
     "token  you\nfinish stop 1 2 0.25\ndone\n",
     0,
     ASKED "\n%% assistant finish=stop in=2 out=4 cost=0.75 parts=2\n\n"
           "Hi, you\n\n%% user\n\n\n",
     "Hi, you\n", "deepchat: done in 2 parts, 4 tokens, $0.75"},
    {"anew",
     "---\nresponse_format: {\"type\":\"json_object\"}\n---\n\n"
     "%% user\n\nSay\n",
     "token {\"a\nfinish length\ndone\n---\n"
     "token {\"a\":1}\nfinish stop\ndone\n",
     0,
     "---\nresponse_format: {\"type\":\"json_object\"}\n---\n\n"
     "%% user\n\nSay\n\n%% assistant finish=stop\n\n" BLOCK(
         "1") "\n\n%% user\n\n\n",
     "{\"a\n{\"a\":1}\n", ""},
    {"a schema", BOUND, "token {\"a\":1}\nfinish stop\ndone\n", 0,
     BOUND "\n%% assistant finish=stop\n\n" BLOCK("1") "\n\n%% user\n\n\n",
     "{\"a\":1}\n", ""},
    {"a schema that is not followed", BOUND,
     "token {\"a\":\\\"x\"}\nfinish stop\ndone\n", 1,
     BOUND "\n%% assistant finish=stop\n\n" BLOCK("\"x\"") "\n\n%% user\n\n\n",
     "{\"a\":\"x\"}\n",
     "deepchat: reply kept, breaks the schema 1 time; :copen\n"
     "/a: is \"x\", not integer\n"},
    {"a schema, but no JSON", BOUND, "token Sorry\nfinish stop\ndone\n", 1,
     BOUND "\n%% assistant finish=stop\n\nSorry\n\n%% user\n\n\n", "Sorry\n",
     "deepchat: the reply is not JSON, kept as it came"},
    {"no schema", "---\njson_schema: none.json\n---\n\nSay\n", "done\n", 1,
     NULL, "", "deepchat: no file none.json; nothing was sent"},
    {"no image", "![](a.json)\n", "done\n", 1, NULL, "",
     "deepchat: a.json is no png/jpg/webp/gif; nothing was sent"},
    {"refused", ASKED, "status 401\njson {\"error\":{\"message\":\"no\"}}\n", 1,
     NULL, "", "deepchat: "},
    {"empty", ASKED, "finish stop\ndone\n", 1, NULL, "",
     "deepchat: the server sent an empty reply"},
    {"broken off", ASKED, "token Hi\nrst\n", 1,
     ASKED "\n%% assistant finish=interrupted\n\nHi\n\n%% user\n\n\n", "Hi\n",
     "deepchat: connection lost, 1 token kept; :DeepContinue"},
    {"a reference", "See @file:notes.md, @diff.",
     "token Hi\nfinish stop\ndone\n", 0,
     "See @file:notes.md, @diff.\n\n%% assistant finish=stop\n\nHi\n\n%% user"
     "\n\n\n",
     "Hi\n",
     "deepchat: @file:notes.md: no references in --send; sent as it is\n"},
    {"answered already", ASKED "\n%% assistant\n\nHi\n", "done\n", 1, NULL, "",
     "deepchat: the last turn is not yours"},
    {"answered, nothing asked since",
     ASKED "\n%% assistant\n\nHi\n\n%% user\n\n", "done\n", 1, NULL, "",
     "deepchat: your last turn is empty"},
    {"nothing asked", "\n", "done\n", 1, NULL, "", "deepchat: "},
    {"a key in the file", "---\napi_key_env: X\n---\n\nSay\n", "done\n", 1,
     NULL, "", "deepchat: "},
};

Test(file_send, table, .init = setup, .fini = teardown)
{
    for (size_t i = 0; i < sizeof sends / sizeof *sends; i++) {
        const char *name = sends[i].name;
        server_reset(sv);
        server_script(sv, "t", sends[i].script);
        temp_write(chat, sends[i].before, strlen(sends[i].before));
        chmod(chat, 0600);
        struct proc p;
        start(&p, chat);
        char *out = proc_read_until(p.out, NULL, MS);
        char *err = proc_read_until(p.err, NULL, MS);
        cr_assert(proc_wait(&p, MS), "%s", name);
        cr_expect_eq(p.status, sends[i].status, "%s: %d", name, p.status);
        cr_expect_str_eq(out, sends[i].out, "%s: %s", name, out);
        cr_expect_eq(strncmp(err, sends[i].err, strlen(sends[i].err)), 0,
                     "%s: %s", name, err);
        cr_expect((err[0] == '\0') == (sends[i].err[0] == '\0'), "%s: %s", name,
                  err);
        expect_chat(sends[i].after != NULL ? sends[i].after : sends[i].before,
                    name);
        struct stat st;
        cr_expect(stat(chat, &st) == 0 && (st.st_mode & 0777) == 0600);
        cr_expect_eq(journals(), 0, "%s: a journal is left", name);
        proc_stop(&p);
        free(out);
        free(err);
    }
}

/* What is beside the chat goes along. */
Test(file_send, image, .init = setup, .fini = teardown)
{
    struct proc p;
    server_script(sv, "t", "token Hi\nfinish stop\ndone\n");
    temp_write(chat, SHOWN, strlen(SHOWN));
    start(&p, chat);
    cr_assert(proc_wait(&p, MS));
    proc_stop(&p);
    char *body = server_request_body(sv, 1, NULL);
    cr_expect_not_null(strstr(body,
                              "[{\"type\":\"text\",\"text\":\"Say\"},"
                              "{\"type\":\"image_url\",\"image_url\":{\"url\":"
                              "\"data:image/png;base64,iVBORw0KGgo=\"}}]"),
                       "%s", body);
    free(body);
}

Test(file_send, stopped, .init = setup, .fini = teardown)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        server_reset(sv);
        server_script(sv, "t", "token Part\nhold g\n");
        temp_write(chat, ASKED, strlen(ASKED));
        struct proc p;
        start(&p, chat);
        char *out = proc_read_until(p.out, "Part", MS);
        cr_assert(out != NULL);
        kill(p.pid, signals[i]);
        cr_assert(proc_wait(&p, MS));
        cr_expect_eq(p.status, 1, "signal %d: %d", signals[i], p.status);
        expect_chat(ASKED "\n%% assistant finish=stopped\n\nPart\n\n%% user\n\n"
                          "\n",
                    "stopped");
        cr_expect_eq(journals(), 0);
        cr_expect(server_wait_ended(sv, 1, MS));
        proc_stop(&p);
        free(out);
    }
}

/* Killed, nothing is written to the chat: the journal has it. */
Test(file_send, killed, .init = setup, .fini = teardown)
{
    server_script(sv, "t", "token Part\nhold g\n");
    temp_write(chat, ASKED, strlen(ASKED));
    struct proc p;
    start(&p, chat);
    char *out = proc_read_until(p.out, "Part", MS);
    kill(p.pid, SIGKILL);
    cr_assert(proc_wait(&p, MS));
    expect_chat(ASKED, "killed");
    cr_expect_eq(journals(), 1);
    proc_stop(&p);
    free(out);
}

Test(file_send, locked_and_missing, .init = setup, .fini = teardown)
{
    server_script(sv, "t", "token Part\nhold g\nfinish stop\ndone\n");
    temp_write(chat, ASKED, strlen(ASKED));
    struct proc first, second;
    start(&first, chat);
    char *out = proc_read_until(first.out, "Part", MS);
    char *link = temp_path(home, "link.deepchat.md");
    cr_assert_eq(symlink(chat, link), 0);
    start(&second, link);
    char *err = proc_read_until(second.err, NULL, MS);
    cr_assert(proc_wait(&second, MS));
    cr_expect_eq(second.status, 1);
    cr_expect(strstr(err, "deepchat: the chat is open in") == err, "%s", err);
    expect_chat(ASKED, "locked");
    proc_stop(&second);
    server_release(sv, "g");
    cr_assert(proc_wait(&first, MS));
    cr_expect_eq(first.status, 0);
    proc_stop(&first);
    free(link);
    free(out);
    free(err);

    char *none = temp_path(home, "none.deepchat.md");
    start(&second, none);
    err = proc_read_until(second.err, NULL, MS);
    cr_assert(proc_wait(&second, MS));
    cr_expect_eq(second.status, 1);
    cr_expect(strstr(err, "none.deepchat.md") != NULL, "%s", err);
    cr_expect_eq(server_requests(sv), 1);
    proc_stop(&second);
    free(none);
    free(err);
}

/* ---- the file changes while the reply comes ------------------------------ */

static const struct {
    const char *name, *meanwhile; /* NULL: it is removed */
    int status;
    bool stopped; /* in the middle, by SIGTERM */
} changes[] = {
    {"written anew, the same", ASKED, 0, false},
    {"a longer question", ASKED "More\n", 1, false},
    {"a shorter one", "%% user\n", 1, false},
    {"another of that length", "---\nmodel: m\n---\n\n%% user\n\nSao\n", 1,
     false},
    {"emptied", "", 1, false},
    {"removed", NULL, 1, false},
    {"changed, then stopped", ASKED "More\n", 1, true},
};

static void
change(size_t i)
{
    char *temp = temp_path(home, "new");
    const char *text = changes[i].meanwhile;
    if (text == NULL) {
        unlink(chat);
    } else {
        temp_write(temp, text, strlen(text));
        cr_assert_eq(rename(temp, chat), 0);
    }
    free(temp);
}

static void
expect_kept(size_t i, const char *err)
{
    const char *name = changes[i].name;
    cr_expect(strstr(err, "deepchat: the chat has changed meanwhile; "
                          ":DeepResume has the reply\n") != NULL,
              "%s: %s", name, err);
    if (changes[i].meanwhile != NULL)
        expect_chat(changes[i].meanwhile, name);
    else
        cr_expect(access(chat, F_OK) != 0, "made anew");
    cr_expect_eq(journals(), 1, "%s: no journal", name);
    struct wreck w = {.home = home};
    char *journal = wreck_find(&w, ".journal");
    char *text = journal != NULL ? temp_read(journal, NULL) : NULL;
    cr_expect(text != NULL && strstr(text, "Part") != NULL, "%s", name);
    if (journal != NULL)
        unlink(journal);
    free(journal);
    free(text);
}

Test(file_send, changed_meanwhile, .init = setup, .fini = teardown)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *name = changes[i].name;
        server_reset(sv);
        server_script(sv, "t", "token Part\nhold g\ntoken s\nfinish stop\n");
        temp_write(chat, ASKED, strlen(ASKED));
        struct proc p;
        start(&p, chat);
        char *out = proc_read_until(p.out, "Part", MS);
        cr_assert(out != NULL, "%s", name);
        change(i);
        if (changes[i].stopped)
            kill(p.pid, SIGTERM);
        else
            server_release(sv, "g");
        char *err = proc_read_until(p.err, NULL, MS);
        cr_assert(proc_wait(&p, MS), "%s", name);
        cr_expect_eq(p.status, changes[i].status, "%s: %d", name, p.status);
        if (changes[i].status != 0) {
            expect_kept(i, err);
        } else {
            expect_chat(ASKED "\n%% assistant finish=stop\n\nParts\n\n"
                              "%% user\n\n\n",
                        name);
            cr_expect_eq(journals(), 0, "%s", name);
        }
        proc_stop(&p);
        free(out);
        free(err);
    }
}
