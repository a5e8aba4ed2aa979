/* An answer that is given with the question, and one that cannot be gone on
 * with but is asked for anew; and what of both is in the journal. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/reply_round.h"
#include "lib/reply_rig.h"
#include "lib/tmpdir.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CUT "finish length\ndone\n---\n"
#define LAST "finish stop\ndone\n"
#define JSON "response_format={\"type\":\"json_object\"}"

/* ---- an answer to go on with ---- */

static const struct {
    const char *title, *kept;
    bool fixed, plain;
    const char *script;
    size_t back;
    const char *text, *finish, *line, *pairs;
} continues[] = {
    {"simple", "One two", false, false, "token  three\n" LAST, 0, " three",
     "stop", "", " finish=stop"},
    {"two rounds", "One two", false, false,
     "token  three.\n" CUT "token  Four\n" LAST, 0, " three. Four", "stop",
     "done in 2 parts, 2 tokens", " finish=stop parts=2"},
    {"blanks", "One two\n\n", false, false, "token three\n" LAST, 2,
     "\n\nthree", "stop", "", " finish=stop"},
    {"other blanks", "One two \n", false, false, "token \\n\\nthree\n" LAST, 2,
     "\n\nthree", "stop", "", " finish=stop"},
    {"its own blanks", "One two\n", true, true, "token three\n" LAST, 0,
     "three", "stop", "", " finish=stop"},
    {"a marker", "Say\n%% us", false, false, "token er\\nno\n" LAST, 3,
     "% user\nno", "stop", "", " finish=stop"},
    {"no marker", "Say\n%% us", false, false, "token ers\n" LAST, 3, " users",
     "stop", "", " finish=stop"},
    {"a whole one", "Say\n%% user", false, false, "token s\n" LAST, 6, " users",
     "stop", "", " finish=stop"},
    {"a whole one, and blanks", "Say\n%% user\n", false, false,
     "token \\nno\n" LAST, 7, "% user\nno", "stop", "", " finish=stop"},
    {"plain", "Say\n%% us", false, true, "token er\\nno\n" LAST, 0, "er\nno",
     "stop", "", " finish=stop"},
    {"it was complete", "One two\n", false, false, LAST, 1, "", "stop",
     "the answer was complete; nothing to add", " finish=stop"},
    {"it was complete, in its words", "One two", false, false,
     "token One two\n" LAST, 0, "", "stop",
     "the answer was complete; nothing to add", " finish=stop"},
    {"marker, then nothing", "Say\n%% us", false, false, LAST, 3, "", "stop",
     "the answer was complete; nothing to add", " finish=stop"},
    {"no progress", "One two", false, false, "finish length\ndone\n", 0, "",
     "error", "the server adds nothing more; all is kept", " finish=error"},
    {"refused", "One two", false, false,
     "status 400\njson {\"error\":{\"message\":\"maximum context length\"}}\n",
     0, "", "error", "too long for the context; cut turns or try :DeepModel",
     " finish=error"},
    {"refused later", "One two", false, false,
     "token  three\n" CUT
     "status 400\njson {\"error\":{\"message\":\"maximum context length\"}}\n",
     0, " three", "context", "reply cut: the model's context is full; kept",
     " finish=context"},
    {"lost", "One two", false, false, "token  three\nrst\n", 0, " three",
     "interrupted", "connection lost, 1 token kept; :DeepContinue goes on",
     " finish=interrupted"},
    {"lost while it repeats", "One two three", false, false,
     "token One two th\nrst\n", 0, NULL, NULL, NULL, NULL},
};

static void
expect(const char *title, const char *got, const char *want)
{
    if (want != NULL)
        cr_expect_str_eq(got, want, "%s: %s", title, got);
}

Test(reply_kept, continues, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof continues / sizeof *continues; i++) {
        const char *title = continues[i].title;
        reply_rig_run(&rig, &(struct reply_ask){.script = continues[i].script,
                                                .kept = continues[i].kept,
                                                .fixed = continues[i].fixed,
                                                .plain = continues[i].plain});
        expect(title, reply_rig_text(&rig), continues[i].text);
        expect(title, reply_rig_end(&rig, "finish"), continues[i].finish);
        expect(title, reply_rig_end(&rig, "line"), continues[i].line);
        expect(title, reply_rig_end(&rig, "pairs"), continues[i].pairs);
        cr_expect_eq(rig.back, continues[i].back, "%s: %zu", title, rig.back);
        cr_expect_eq(reply_rig_number(&rig, "got_text"),
                     reply_rig_text(&rig)[0] != '\0', "%s", title);
        char *body = reply_rig_body(&rig, 1);
        cr_expect_not_null(strstr(body, "\"role\":\"assistant\""), "%s", title);
        free(body);
    }
    reply_rig_stop(&rig);
}

/* What stands in the file without the bytes that come again, and what came,
 * is the whole answer as it would have been printed at once. */
Test(reply_kept, back, .timeout = 60)
{
    static const char answer[] =
        "Say\n%% user\n%%% user\n%% us\n\n%%  call\n%% note a=b\n\nEnd";
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t cut = 1; cut < sizeof answer - 1; cut++) {
        struct dc_escape *esc = dc_escape_new();
        struct dc_str all = {answer, sizeof answer - 1};
        char *want = mem_str(dc_escape_add(esc, all, true).ptr);
        dc_escape_free(esc);
        esc = dc_escape_new();
        struct dc_str head = {answer, cut};
        struct dc_str file = dc_escape_add(esc, head, true);
        size_t sent = dc_seam_sent(head);
        struct buf script, got;
        buf_init(&script, 1 << 16);
        buf_init(&got, 1 << 16);
        buf_addf(&script, "token ");
        for (const char *at = answer + sent; *at != '\0'; at++)
            buf_addf(&script, *at == '\n' ? "\\n" : "%c", *at);
        buf_addf(&script, "\n%s", LAST);
        reply_rig_run(&rig, &(struct reply_ask){.script = script.ptr,
                                                .kept = answer,
                                                .kept_len = cut});
        cr_assert_leq(rig.back, file.len, "cut at %zu", cut);
        buf_add(&got, file.ptr, file.len - rig.back);
        buf_add_text(&got, reply_rig_text(&rig));
        cr_expect_str_eq(got.ptr, want, "cut at %zu: %s", cut, got.ptr);
        dc_escape_free(esc);
        buf_finish(&script);
        buf_finish(&got);
        free(want);
    }
    reply_rig_stop(&rig);
}

Test(reply_kept, refused, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {
        .script = LAST, .kept = "{\"a\":", .options = OPTIONS(JSON)};
    reply_rig_start(&rig);
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_end(&rig, "line"),
                     "cut JSON cannot go on; :DeepRetry, or raise max_tokens");
    cr_expect_eq(reply_rig_number(&rig, "refused"), 1);
    char *large = mem_alloc(DC_REPLY_MAX + 2);
    memset(large, 'x', DC_REPLY_MAX + 1);
    ask = (struct reply_ask){.script = LAST, .kept = large};
    reply_rig_run(&rig, &ask);
    cr_expect_str_eq(reply_rig_end(&rig, "line"),
                     "the answer is too large to go on with");
    cr_expect_eq(server_requests(rig.base.sv), 0);
    ask.kept_len = DC_REPLY_MAX;
    ask.script = "token more\n" LAST;
    reply_rig_run(&rig, &ask);
    cr_expect_eq(server_requests(rig.base.sv), 1);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "error");
    cr_expect_eq(rig.text[0].len, 0);
    free(large);
    reply_rig_stop(&rig);
}

/* ---- asked for anew ---- */

static const struct {
    const char *title, *option, *script;
    bool no_anew;
    const char *text, *finish, *line, *pairs;
    int anew;
    const char *limits[3]; /* in the second and third request */
} anews[] = {
    {"json",
     "max_tokens=7",
     "token {\"a\nfinish length 1 7 0.5\ndone\n---\ntoken {\"a\":1}\n"
     "finish stop 1 9 0.5\ndone\n",
     false,
     "{\"a\":1}",
     "stop",
     "",
     " finish=stop in=2 out=16 cost=1",
     1,
     {"\"max_tokens\":14"}},
    {"no limit was set",
     "seed=1",
     "token {\"a\nfinish length 1 900 0.5\ndone\n---\ntoken {\"a\":1}\n"
     "finish stop 1 9 0.5\ndone\n",
     false,
     "{\"a\":1}",
     "stop",
     "",
     " finish=stop in=2 out=909 cost=1",
     1,
     {"\"max_tokens\":1800"}},
    {"twice",
     "max_tokens=7",
     "token {\"a\n" CUT "token {\"ab\n" CUT "token {\"abc\n" CUT,
     false,
     "{\"abc",
     "length",
     "reply still cut at the limit; raise max_tokens",
     " finish=length",
     2,
     {"\"max_tokens\":14", "\"max_tokens\":28"}},
    {"not at all",
     "continue_rounds=0",
     "token {\"a\n" CUT,
     false,
     "{\"a",
     "length",
     "reply cut at the token limit; raise max_tokens",
     " finish=length",
     0,
     {NULL}},
    {"cannot be taken back",
     "max_tokens=7",
     "token {\"a\n" CUT,
     true,
     "{\"a",
     "length",
     "reply cut at the token limit; raise max_tokens",
     " finish=length",
     0,
     {NULL}},
    {"refused",
     "max_tokens=7",
     "token {\"a \n" CUT
     "status 400\njson {\"error\":{\"message\":\"max_tokens is too large\"}}\n",
     false,
     "{\"a ",
     "interrupted",
     NULL,
     " finish=interrupted",
     0,
     {"\"max_tokens\":14"}},
    {"reasoning comes again",
     "max_tokens=7",
     "reasoning hm\ntoken {\"a\n" CUT "reasoning hm\ntoken {\"a\":1}\n" LAST,
     false,
     "{\"a\":1}",
     "stop",
     "",
     " finish=stop",
     1,
     {"\"max_tokens\":14"}},
    {"what was held back is void, too",
     "max_tokens=7",
     "token %% us\n" CUT "token er\n" LAST,
     false,
     "er",
     "stop",
     "",
     " finish=stop",
     1,
     {"\"max_tokens\":14"}},
    {"lost",
     "continue_on_disconnect=true",
     "token {\"a\nrst\n",
     false,
     "{\"a",
     "interrupted",
     "connection lost, 1 token kept; :DeepRetry asks again",
     " finish=interrupted",
     0,
     {NULL}},
};

static void
expect_journal(struct reply_rig *rig, const char *title)
{
    size_t count;
    char *dir = file_join(rig->base.dir, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    cr_assert_geq(count, 1);
    struct journal_entry *last = &entries[0];
    for (size_t i = 1; i < count; i++)
        if (strcmp(entries[i].file, last->file) > 0)
            last = &entries[i];
    cr_expect_str_eq(last->text.ptr, reply_rig_text(rig), "%s: %s", title,
                     last->text.ptr);
    cr_expect_eq(last->reasoning.len, rig->text[1].len, "%s", title);
    journal_entries_free(entries, count);
    free(dir);
}

Test(reply_kept, anew, .timeout = 30)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof anews / sizeof *anews; i++) {
        const char *title = anews[i].title;
        reply_rig_run(
            &rig, &(struct reply_ask){.script = anews[i].script,
                                      .options = OPTIONS(JSON, anews[i].option),
                                      .no_anew = anews[i].no_anew});
        expect(title, reply_rig_text(&rig), anews[i].text);
        expect(title, reply_rig_end(&rig, "finish"), anews[i].finish);
        expect(title, reply_rig_end(&rig, "line"), anews[i].line);
        expect(title, reply_rig_end(&rig, "pairs"), anews[i].pairs);
        cr_expect_eq(rig.anew, anews[i].anew, "%s: %d", title, rig.anew);
        cr_expect_eq(rig.rounds.len, 0, "%s", title);
        for (size_t k = 0; anews[i].limits[k] != NULL; k++) {
            char *body = reply_rig_body(&rig, k + 2);
            cr_expect_not_null(strstr(body, anews[i].limits[k]), "%s: %s",
                               title, body);
            cr_expect_null(strstr(body, "assistant"), "%s: %s", title, body);
            free(body);
        }
        expect_journal(&rig, title);
    }
    reply_rig_stop(&rig);
}

/* A call comes after rounds of text: all of it is void. */
Test(reply_kept, anew_after_rounds, .timeout = 30)
{
#define CALL                                                                   \
    "sse {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,"  \
    "\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]}}]}\n"
    struct reply_rig rig;
    reply_rig_start(&rig);
    reply_rig_run(&rig,
                  &(struct reply_ask){
                      .script = "token One two\n" CUT "token  three\n" CALL CUT
                                "token Other\n" CUT "token  words\n" LAST,
                      .options = OPTIONS("max_tokens=7")});
    cr_expect_str_eq(reply_rig_text(&rig), "Other words", "%s",
                     reply_rig_text(&rig));
    cr_expect_eq(rig.anew, 1);
    cr_expect_str_eq(reply_rig_end(&rig, "pairs"), " finish=stop parts=2");
    char *body = reply_rig_body(&rig, 3);
    cr_expect_null(strstr(body, "assistant"), "%s", body);
    free(body);
    body = reply_rig_body(&rig, 4);
    cr_expect_not_null(strstr(body, "\"content\":\"Other\"}]"), "%s", body);
    free(body);
    expect_journal(&rig, "calls");
    reply_rig_stop(&rig);
}

/* ---- what a crash leaves ---- */

static const struct {
    const char *title, *kept, *script, *text;
} crashes[] = {
    {"in the second round", NULL,
     "token One two\\n\n" CUT "token \\n\\nthree\nhold g\n",
     "One two\n\nthree"},
    {"in the third", NULL,
     "token One two\n" CUT "token  three.\n" CUT "token  Four\nhold g\n",
     "One two three. Four"},
    {"behind a turn", "One two\n\n", "token three\nhold g\n",
     "One two\n\nthree"},
};

static char *
text_in_journal(const char *state)
{
    size_t count;
    char *dir = file_join(state, "journal");
    struct journal_entry *entries = journal_list(dir, &count);
    char *text = mem_str(count == 1 ? entries[0].text.ptr : "(none)");
    journal_entries_free(entries, count);
    free(dir);
    return text;
}

/* The child dies with the text, as a host that is killed does. */
static void
die_with_text(const char *dir, size_t i)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    tmpdir_free(rig.base.dir);
    rig.base.dir = mem_str(dir);
    reply_rig_ask(&rig, &(struct reply_ask){.script = crashes[i].script,
                                            .kept = crashes[i].kept});
    const char *end = crashes[i].text + strlen(crashes[i].text) - 4;
    HOST_UNTIL(&rig.base, strstr(reply_rig_text(&rig), end) != NULL, 10000);
    kill(getpid(), SIGKILL);
}

Test(reply_kept, killed, .timeout = 60)
{
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        char *dir = tmpdir_new();
        pid_t pid = fork();
        if (pid == 0)
            die_with_text(dir, i);
        waitpid(pid, NULL, 0);
        char *text = text_in_journal(dir);
        cr_expect_str_eq(text, crashes[i].text, "%s: %s", crashes[i].title,
                         text);
        free(text);
        tmpdir_free(dir);
    }
}

/* ---- what is known of hosts that are not here ---- */

static const struct {
    const char *url, *has, *has_not;
} hosts[] = {
    {"https://api.deepinfra.com/v1/openai", "\"reasoning_effort\":\"none\"",
     "prefix"},
    {"https://api.mistral.ai/v1", "\"prefix\":true", "reasoning_effort"},
    {"https://api.deepseek.com", "\"prefix\":true", "reasoning_effort"},
    {"https://api.openai.com/v1", "\"content\":\"One\"},{\"role\":\"user\"",
     "prefix"},
    {"http://localhost:1/v1", "\"content\":\"One\"}]", "reasoning_effort"},
};

Test(reply_kept, hosts, .timeout = 30)
{
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct value *map = value_map();
        struct dc_error err = {.text = ""};
        value_put(map, "model", value_text("m"));
        value_put(map, "base_url", value_text(hosts[i].url));
        struct config_sources sources = {.settings = map};
        struct reply_request request = {.cfg = config_new(&sources, &err),
                                        .kept = {"One", 3},
                                        .rounds = -1};
        cr_assert_not_null(request.cfg, "%s", err.text);
        struct rounds rs;
        size_t len;
        rounds_init(&rs, &request);
        cr_expect_eq(rs.most, 8);
        rounds_reasoned(&rs);
        rounds_ask(&rs);
        char *body = reply_body(&request, &rs.how, &len, &err);
        cr_expect_not_null(strstr(body, hosts[i].has), "%s: %s", hosts[i].url,
                           body);
        cr_expect_null(strstr(body, hosts[i].has_not), "%s: %s", hosts[i].url,
                       body);
        dc_free(body);
        rounds_finish(&rs);
        config_free(request.cfg);
        value_free(map);
    }
}
