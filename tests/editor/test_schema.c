/* Replies that follow a JSON schema, or do not. */
#include <stdio.h>

#include "continue.h"
#include "host/file.h"

TestSuite(editor_schema, .timeout = 120);

#define PAIRS " finish=stop in=10 out=5 cost=0.001"
#define BLOCK(text) "```json\n" text "\n```"
#define ASK "DeepChat! ++json_schema=book.json q"

static const char book[] =
    "{\"type\": \"object\", \"required\": [\"title\"], \"properties\":\n"
    "  {\"title\": {\"type\": \"string\"}, \"year\": {\"minimum\": 1.50}}}\n";

static void
write_file(struct stage *st, const char *name, const char *text)
{
    struct dc_error err;
    char *path = file_join(ed_home(st->ed), name);
    cr_assert(file_replace(path, str_of(text), &err), "%s", err.text);
    free(path);
}

/* In a project with the schema. */
static void
start(struct stage *st, const char *settings)
{
    stage_start(st, NULL, settings);
    char *dir = file_join(ed_home(st->ed), "p");
    cr_assert(file_mkdir(dir, NULL));
    ed_ex(st->ed, "cd %s", dir);
    free(dir);
    write_file(st, "p/book.json", book);
    write_file(st, "p/bad.json", "{\"type\": \"object\"");
    write_file(st, "outside.json", book);
}

/* ---- what is made of a reply ---- */

/* clang-format off */
static const struct {
    const char *name;
    const char *script, *command;
    const char *answer; /* with its pairs; NULL: none */
    const char *line;
    const char *list; /* of violations, as "line text" */
    size_t requests;
} replies[] = {
    {"follows it",
        "token {\"title\":\\\"a\\\",\ntoken \\\"year\\\":2.50}\\n" STOP, ASK,
        PAIRS "\n\n" BLOCK("{\n  \"title\": \"a\",\n  \"year\": 2.50\n}"), "",
        "", 1},
    {"does not follow it",
        "reasoning a book\ntoken {\"title\":7,\\\"year\\\":1.49}" STOP, ASK,
        PAIRS "\n\n" BLOCK("{\n  \"title\": 7,\n  \"year\": 1.49\n}"),
        "reply kept, breaks the schema 2 times; :copen",
        "17 /title: is 7, not string\n"
        "18 /year: is 1.49, below the minimum of 1.50", 1},
    {"is no JSON", "token Sorry,\\n%% user\\nno" STOP, ASK,
        PAIRS "\n\nSorry,\n%%% user\nno",
        "the reply is not JSON, kept as it came; :DeepRetry", "", 1},
    {"is no JSON, nor asked to be", "token {}" STOP, "DeepChat! q",
        PAIRS "\n\n{}", "", "", 1},
    {"any JSON", "token [1]" STOP,
        "DeepChat! ++response_format={\"type\":\"json_object\"} q",
        PAIRS "\n\n" BLOCK("[\n  1\n]"), "", "", 1},
    {"a regex", "token yes" STOP,
        "DeepChat! ++response_format={\"type\":\"regex\",\"regex\":\"yes\"} q",
        PAIRS "\n\nyes", "", "", 1},
    {"cut, then whole",
        "token {\"title\": \\\"a" LENGTH NEXT "token {\"title\":\\\"b\\\"}" STOP,
        ASK, " finish=stop in=20 out=10 cost=0.002\n\n"
        BLOCK("{\n  \"title\": \"b\"\n}"), "", "", 2},
    {"cut for good", "token {\"title\": \\\"a" LENGTH, ASK,
        " finish=length in=30 out=15 cost=0.003\n\n{\"title\": \"a",
        "reply still cut at the limit; raise max_tokens", "", 3},
    {"lost", "token {\"title\": \\\"a\nrst\n", ASK,
        " finish=interrupted\n\n{\"title\": \"a",
        "connection lost, 1 token kept; :DeepRetry asks again", "", 1},
};
/* clang-format on */

static void
expect_list(struct stage *st, const char *name, const char *want)
{
    stage_expect(st, name,
                 "join(map(getqflist(), "
                 "'v:val.lnum . \" \" . v:val.text'), \"\\n\")",
                 want);
}

static void
check_reply(struct stage *st, size_t i)
{
    char text[512];
    const char *name = replies[i].name;
    stage_script(st, replies[i].script);
    ed_ex(st->ed, "silent! only! | messages clear | call setqflist([], 'f')");
    ed_ex(st->ed, "%s", replies[i].command);
    cr_assert(stage_idle(st), "%s", name);
    const char *thought = strstr(replies[i].script, "reasoning") != NULL
                              ? "%% reasoning\n\na book\n\n"
                              : "";
    snprintf(text, sizeof text, "%s%s%s%s%s", CHAT_HEAD, thought,
             "%% assistant", replies[i].answer, CHAT_END);
    stage_expect_text(st, name, text);
    expect_line(st, name, replies[i].line);
    expect_list(st, name, replies[i].list);
    cr_expect_eq(server_requests(st->sv), replies[i].requests, "%s", name);
    ed_ex(st->ed, "silent undo");
    stage_expect_text(st, name, "---\nmodel: m\n---\n\n%% user\n\nq");
}

Test(editor_schema, replies)
{
    struct stage st;
    start(&st, "");
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++)
        check_reply(&st, i);
    stage_stop(&st);
}

/* ---- what is not sent ---- */

static const struct {
    const char *command, *line;
} refusals[] = {
    {"DeepChat! ++json_schema=none.json q",
     "no file none.json; nothing was sent"},
    {"DeepChat! ++json_schema=bad.json q",
     "bad.json is not JSON; nothing was sent"},
    {"execute 'DeepChat!' | call deepchat#send({'text': 'q', 'arguments': "
     "['json_schema=../outside.json']})",
     "../outside.json is outside the project; nothing was sent"},
    {"DeepContinue ++json_schema=book.json",
     "json_schema is for chats; nothing was sent"},
    {"DeepRewrite ++json_schema=book.json shorter",
     "json_schema is for chats; nothing was sent"},
};

Test(editor_schema, refusals)
{
    struct stage st;
    start(&st, "");
    stage_script(&st, "token {}" STOP);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *name = refusals[i].command;
        ed_ex(st.ed, "silent! only! | enew! | call setline(1, 'One')");
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%s", name);
        cr_assert(
            ed_wait(st.ed, STAGE_MS, "execute('messages') =~# 'deepchat'"),
            "%s", name);
        expect_line(&st, name, refusals[i].line);
    }
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* ---- where the schema may be named ---- */

/* The last request carries the schema as it is written. */
static void
expect_bound(struct stage *st, const char *name)
{
    char *body = server_request_body(st->sv, server_requests(st->sv), NULL);
    cr_expect(strstr(body, "\"name\":\"book\",\"strict\":true,\"schema\":"
                           "{\"type\": \"object\", \"required\": [\"title\"], "
                           "\"properties\":\n  {"),
              "%s: %s", name, body);
    free(body);
}

Test(editor_schema, from_a_selection)
{
    struct stage st;
    start(&st, "");
    stage_script(&st, "token {\"title\":\\\"Emma\\\"}" STOP);
    ed_ex(st.ed, "call setline(1, ['x', 'Emma, 1815', 'y'])");
    ed_ex(st.ed, "2DeepChat ++json_schema=book.json the book");
    cr_assert(stage_idle(&st));
    expect_bound(&st, "selection");
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "Emma, 1815") != NULL, "%s", body);
    free(body);
    cr_expect(stage_shows(&st, "```json\\n{\\n  \\\"title\\\": \\\"Emma\\\"\\n}"
                               "\\n```"));
    stage_stop(&st);
}

/* What a send was given holds for another answer to it, until the next one. */
Test(editor_schema, asked_again)
{
    static const struct {
        const char *command;
        const char *has, *misses; /* in its request; NULL: nothing */
    } rows[] = {
        {"DeepRetry", "\"schema\":", NULL},
        {"DeepRetry ++seed=7", "\"seed\":7", NULL},
        {"DeepRetry! ++temperature=0.5", "\"temperature\":0.5", "\"seed\":7"},
        {"DeepChat more", "more", "\"schema\":"},
        {"DeepRetry", "more", "\"schema\":"},
    };
    struct stage st;
    start(&st, "");
    stage_script(&st, "status 400\njson {}\n" NEXT "token Sorry." STOP);
    ed_ex(st.ed, "DeepChat! ++json_schema=book.json ++temperature=0 q");
    cr_assert(stage_idle(&st));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ed_ex(st.ed, "%s", rows[i].command);
        cr_assert(stage_idle(&st), "%zu", i);
        cr_expect_eq(server_requests(st.sv), i + 2, "%zu", i);
        char *body = server_request_body(st.sv, i + 2, NULL);
        cr_expect(strstr(body, rows[i].has) != NULL, "%zu: %s", i, body);
        cr_expect(rows[i].misses == NULL ||
                      strstr(body, rows[i].misses) == NULL,
                  "%zu: %s", i, body);
        free(body);
    }
    stage_stop(&st);
}

/* The front matter's path starts at the chat's file, and holds for all of its
 * turns. What it broke is found from the list. */
Test(editor_schema, of_a_chat)
{
    struct stage st;
    start(&st, "");
    stage_script(&st, "token {\"title\":1}" STOP NEXT "token {}" STOP);
    write_file(&st, "p/a.deepchat.md",
               "---\njson_schema: book.json\n---\n\n%% user\n\nq\n");
    ed_ex(st.ed, "edit a.deepchat.md | cd /");
    ed_ex(st.ed, "DeepSend");
    cr_assert(stage_idle(&st));
    expect_bound(&st, "send");
    ed_ex(st.ed, "syntax on | cfirst");
    cr_expect(ed_wait(st.ed, STAGE_MS,
                      "synIDattr(synID(line('.'), 4, 0), 'name') =~# 'json'"));
    stage_expect(&st, "its quotes", "synconcealed('.', 3)[0]", "0");
    stage_expect(&st, "there", "getline('.')", "  \"title\": 1");
    ed_ex(st.ed, "DeepRetry");
    cr_assert(stage_idle(&st));
    expect_bound(&st, "retry");
    cr_expect_eq(server_requests(st.sv), 2);
    stage_expect(&st, "anew",
                 "map(getqflist(), 'getline(v:val.lnum) . v:val.text')",
                 "{}\"title\" is missing");
    stage_stop(&st);
}

/* Each of several answers has its block. */
Test(editor_schema, choices)
{
    struct stage st;
    start(&st, "");
    stage_script(
        &st,
        "sse "
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"{\\\"title\"}},"
        "{\"index\":0,\"delta\":{\"content\":\"{\\\"title\\\":\"}}]}\n"
        "sse {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"7}\"},"
        "\"finish_reason\":\"stop\"},"
        "{\"index\":1,\"delta\":{\"content\":\"\\\":\\\"b\\\"}\"},"
        "\"finish_reason\":\"stop\"}]}\ndone\n");
    ed_ex(st.ed, "DeepChat! ++n=2 ++json_schema=book.json q");
    cr_assert(stage_idle(&st));
    char *text = ed_text(st.ed);
    cr_expect(strstr(text, "\n\n" BLOCK("{\n  \"title\": 7\n}") "\n\n"), "%s",
              text);
    cr_expect(strstr(text, "\n\n" BLOCK("{\n  \"title\": \"b\"\n}") "\n\n"),
              "%s", text);
    free(text);
    stage_expect(&st, "list",
                 "map(getqflist(), 'getline(v:val.lnum) . v:val.text')",
                 "  \"title\": 7/title: is 7, not string");
    stage_stop(&st);
}

/* ---- while it comes ---- */

Test(editor_schema, stopped)
{
    struct stage st;
    start(&st, "");
    stage_script(&st, "token {\"title\":\nhold g\ntoken 7\nstall\n");
    stage_ask(&st, "++json_schema=book.json q");
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# 'receiving, 1 tok'"));
    stage_expect_text(&st, "held", CHAT("", ""));
    server_release(st.sv, "g");
    cr_assert(
        ed_wait(st.ed, STAGE_MS, "deepchat#status() ==# 'receiving, 2 tok'"));
    ed_ex(st.ed, "DeepStop");
    cr_assert(stage_idle(&st));
    stage_expect_text(&st, "stopped", CHAT(" finish=stopped", "{\"title\":7"));
    expect_line(&st, "stopped",
                "stopped, 2 tokens kept; :DeepRetry asks again");
    ed_ex(st.ed, "DeepContinue");
    cr_assert(stage_idle(&st));
    expect_line(&st, "never joined",
                "cut JSON cannot go on; :DeepRetry, or raise max_tokens");
    cr_expect_eq(server_requests(st.sv), 1);
    /* what was offered works */
    stage_script(&st, "token {\"title\":\"a\"}" STOP);
    ed_ex(st.ed, "messages clear | DeepRetry");
    cr_assert(stage_idle(&st));
    expect_line(&st, "asked again", "");
    stage_stop(&st);
}
