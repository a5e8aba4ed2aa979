/* n > 1: every answer that one request brings, each with its own end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/journal.h"
#include "lib/choices.h"
#include "lib/reply_rig.h"

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define N3 OPTIONS("n=3")
#define SAID " finish=stop in=10 out=5 cost=0.001"
#define ALL_STOP " finish=stop/ finish=stop"
#define LINE3 "3 answers; :DeepAlt goes through them"
#define NEXT "---\n"
#define ABC SAY(0, "a") SAY(1, "b") SAY(2, "c")

struct row {
    const char *name;
    const char *script;
    const char *const *options;
    const char *texts[4];    /* of the choices; NULL: "" */
    const char *thoughts[4]; /* the same for reasoning */
    const char *pairs, *choices, *line;
    size_t pieces, requests;
    const char *has, *has_not; /* in the body of the last request */
};

/* clang-format off */
static const struct row rows[] = {
    {"three", ABC SAY(2, "2") SAY(0, "0") SAY(1, "1") ENDS, N3,
     {"a0", "b1", "c2"}, {0}, SAID, ALL_STOP, LINE3, 6, 1, "\"n\":3", NULL},
    {"all in one event", "sse {\"choices\":[{\"index\":1,\"delta\":{\"content\":"
     "\"b\"}},{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":2,\"delta\":"
     "{\"content\":\"c\"}}]}\n" ENDS, N3,
     {"a", "b", "c"}, {0}, SAID, ALL_STOP, LINE3, 3, 1, NULL, NULL},
    {"no stream", "json {\"choices\":[{\"index\":0,\"message\":{\"content\":\"a\"},"
     "\"finish_reason\":\"stop\"},{\"index\":1,\"message\":{\"content\":\"b\"},"
     "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":10,"
     "\"completion_tokens\":5,\"estimated_cost\":0.001}}\n", OPTIONS("n=2"),
     {"a", "b"}, {0}, SAID, " finish=length",
     "2 answers; :DeepAlt goes through them", 2, 1, NULL, NULL},
    {"from extra_body", ABC ENDS, OPTIONS("extra_body={\"n\":3}"),
     {"a", "b", "c"}, {0}, SAID, ALL_STOP, LINE3, 3, 1, "\"n\":3", NULL},
    {"one is one", SAY(0, "a") END(0, "stop") USAGE, OPTIONS("n=1"),
     {"a"}, {0}, SAID, "", "", 1, 1, NULL, "\"n\""},
    {"the server ignores n", SAY(0, "a") END(0, "stop") USAGE, N3,
     {"a"}, {0}, SAID, "", "1 of 3 answers came: this server ignores n", 1, 1,
     NULL, NULL},
    {"one did not come", SAY(0, "a") SAY(2, "c") ENDS, N3,
     {"a", NULL, "c"}, {0}, SAID, "/ finish=stop",
     "2 answers; :DeepAlt goes through them", 2, 1, NULL, NULL},
    {"more than were asked for", ABC SAY(3, "d") SAY(127, "e") SAY(128, "f")
     ENDS, N3, {"a", "b", "c"}, {0}, SAID, ALL_STOP, LINE3, 3, 1, NULL, NULL},
    {"reasoning", THINK(1, "h") SAY(0, "a") THINK(1, "m") SAY(1, "b")
     THINK(2, "so") ENDS, N3, {"a", "b"}, {NULL, "hm", "so"}, SAID, ALL_STOP,
     LINE3, 5, 1, NULL, NULL},
    {"markers and blanks", SAY(0, "a") SAY(1, "%") SAY(1, "% us")
     SAY(1, "er\\n%%% note\\n\\n") SAY(2, "\\n%% user x") ENDS, N3,
     {"a", "%%% user\n%%%% note\n\n", "\n%% user x"}, {0}, SAID, ALL_STOP,
     LINE3, 5, 1, NULL, NULL},
    {"each its own end", ABC END(2, "content_filter") END(1, "odd") END(0, "stop")
     USAGE, N3, {"a", "b", "c"}, {0}, SAID, " finish=odd/ finish=filter", LINE3,
     3, 1, NULL, NULL},
    {"only the first goes on", ABC END(1, "length") END(0, "length")
     END(2, "stop") USAGE NEXT SAY(0, " d") SAY(1, "no") END(0, "stop") USAGE, N3,
     {"a d", "b", "c"}, {0}, " finish=stop in=20 out=10 cost=0.002 parts=2",
     " finish=length/ finish=stop", "done in 2 parts, 10 tokens, $0.0020", 4, 2,
     NULL, "\"n\""},
    {"only the first is missing", SAY(1, "b") SAY(2, "c") ENDS, N3,
     {NULL, "b", "c"}, {0}, SAID, ALL_STOP,
     "the first answer is empty; :DeepAlt has the others", 2, 1, NULL, NULL},
    {"lost, the first being whole", ABC END(0, "stop") END(2, "stop") "fin\n",
     N3, {"a", "b", "c"}, {0}, " finish=stop", " finish=interrupted/ finish=stop",
     LINE3, 3, 1, NULL, NULL},
    {"lost, another being whole", ABC END(1, "stop") "fin\n", N3,
     {"a", "b", "c"}, {0}, " finish=interrupted",
     " finish=stop/ finish=interrupted",
     "connection lost, 3 tokens kept; :DeepContinue goes on", 3, 1, NULL, NULL},
    {"lost before the first came", SAY(1, "b") "fin\n", N3,
     {NULL, "b"}, {0}, " finish=interrupted", " finish=interrupted/",
     "connection lost, 1 token kept", 1, 1, NULL, NULL},
    {"an error among them", SAY(2, "c") "sse {\"error\":{\"message\":\"no\"}}\n",
     N3, {NULL, NULL, "c"}, {0}, " finish=interrupted", "/ finish=interrupted",
     NULL, 1, 1, NULL, NULL},
    {"nothing", ENDS, N3, {0}, {0}, " finish=error in=10 out=5 cost=0.001", "",
     "the server sent an empty reply; nothing lost", 0, 1, NULL, NULL},
    {"tried again", "status 503\njson {}\n" NEXT ABC ENDS,
     OPTIONS("n=3", "retries=1"), {"a", "b", "c"}, {0}, SAID, ALL_STOP, LINE3, 3,
     2, "\"n\":3", NULL},
    {"no more than one at once",
     "status 400\njson {\"error\":{\"code\":400,\"message\":\"Only one completion"
     " choice is allowed\",\"type\":\"invalid_request_error\"}}\n" NEXT
     SAY(0, "a") SAY(1, "no") END(0, "stop") USAGE, N3, {"a"}, {0}, SAID, "", "",
     1, 2, NULL, "\"n\""},
    {"with no tools", ABC ENDS, OPTIONS("extra_body={\"n\":3,\"tools\":[]}"),
     {"a", "b", "c"}, {0}, SAID, ALL_STOP, LINE3, 3, 1, "\"n\":3", NULL},
    {"cut JSON is asked for again, and once", ABC END(0, "length") END(1, "stop")
     END(2, "length") USAGE NEXT SAY(0, "A") SAY(1, "no") END(0, "stop") USAGE,
     OPTIONS("n=3", "response_format={\"type\":\"json_object\"}"),
     {"A", "b", "c"}, {0}, " finish=stop in=20 out=10 cost=0.002",
     " finish=stop/ finish=length", LINE3, 3, 2, NULL, "\"n\""},
};
/* clang-format on */

static const char *
text_of(const struct buf *b)
{
    return b->len > 0 ? b->ptr : "";
}

static void
expect_text(const char *name, unsigned number, const struct buf *got,
            const char *want)
{
    cr_expect_str_eq(text_of(got), want != NULL ? want : "", "%s: %u: %s", name,
                     number, text_of(got));
}

/* The journal holds the same; it goes. */
static void
expect_journal(struct reply_rig *rig, const struct row *row)
{
    size_t count;
    char dir[512];
    snprintf(dir, sizeof dir, "%s/journal", rig->base.dir);
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, 1, "%s", row->name);
    for (size_t i = 0; i < e->choice_count; i++) {
        const struct journal_choice *c = &e->choices[i];
        cr_assert(c->number >= 1 && c->number <= RIG_OTHERS);
        bool same =
            strchr(c->text.ptr, '%') != NULL ||
            strcmp(c->text.ptr, text_of(&rig->others[c->number - 1][0])) == 0;
        cr_expect(same, "%s: %s", row->name, c->text.ptr);
        cr_expect_not_null(strstr(row->choices, c->pairs), "%s: %s", row->name,
                           c->pairs);
    }
    size_t others = 0;
    for (size_t i = 1; i < 4; i++)
        others += row->texts[i] != NULL || row->thoughts[i] != NULL;
    cr_expect_eq(e->choice_count, others, "%s", row->name);
    journal_forget(e->file);
    journal_entries_free(e, count);
}

static void
check(struct reply_rig *rig, const struct row *row, const char *cut)
{
    char script[4096];
    const char *name = row->name, *line = reply_rig_end(rig, "line");
    snprintf(script, sizeof script, "%s%s", cut, row->script);
    struct reply_ask ask = {
        .script = script, .options = row->options, .many = true};
    reply_rig_run(rig, &ask);
    expect_text(name, 0, &rig->text[0], row->texts[0]);
    for (unsigned i = 0; i < RIG_OTHERS; i++) {
        expect_text(name, i + 1, &rig->others[i][0], row->texts[i + 1]);
        expect_text(name, i + 1, &rig->others[i][1], row->thoughts[i + 1]);
    }
    line = reply_rig_end(rig, "line");
    cr_expect_str_eq(reply_rig_end(rig, "pairs"), row->pairs, "%s: %s", name,
                     reply_rig_end(rig, "pairs"));
    cr_expect_str_eq(reply_rig_end(rig, "choices"), row->choices, "%s: %s",
                     name, reply_rig_end(rig, "choices"));
    if (row->line != NULL)
        cr_expect_str_eq(line, row->line, "%s: %s", name, line);
    cr_expect(strlen(line) <= 58, "%s: %s", name, line);
    cr_expect_eq(reply_rig_number(rig, "got_text"), row->pieces > 0, "%s",
                 name);
    cr_expect_eq(reply_rig_number(rig, "pieces"), (double)row->pieces, "%s: %g",
                 name, reply_rig_number(rig, "pieces"));
    cr_expect_eq(server_requests(rig->base.sv), row->requests, "%s", name);
    char *body = reply_rig_body(rig, row->requests);
    cr_expect(row->has == NULL || strstr(body, row->has) != NULL, "%s: %s",
              name, body);
    cr_expect(row->has_not == NULL || strstr(body, row->has_not) == NULL,
              "%s: %s", name, body);
    free(body);
    expect_journal(rig, row);
}

Test(reply_choices, are_all_had, .timeout = 60)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        forms_free(rig.forms); /* what servers refuse is learned */
        rig.forms = forms_new();
        rig.noticing = true;
        check(&rig, &rows[i], "");
        if (strncmp(rows[i].script, "sse", 3) == 0)
            check(&rig, &rows[i], "split every\n");
    }
    reply_rig_stop(&rig);
}

/* ---- where there is no place ---- */

static const struct {
    const char *name;
    struct reply_ask ask;
    const char *has, *has_not; /* in the body; NULL, NULL: nothing was sent */
    const char *line;
} alone[] = {
    {"no place",
     {.script = ABC ENDS, .options = OPTIONS("n=3", "tools=[{}]")},
     "\"tools\"",
     "\"n\"",
     ""},
    {"in extra_body, no place",
     {.script = ABC ENDS, .options = OPTIONS("extra_body={\"n\":3,\"x\":1}")},
     "\"x\":1",
     "\"n\"",
     ""},
    {"one, as it is",
     {.script = ABC ENDS, .options = OPTIONS("extra_body={\"n\":1}")},
     "\"n\":1",
     NULL,
     ""},
    {"an answer goes on",
     {.script = SAY(0, "a") SAY(1, "b") END(0, "stop") USAGE,
      .options = N3,
      .many = true,
      .kept = "One"},
     "One",
     "\"n\"",
     ""},
    {"tools",
     {.script = ABC ENDS,
      .options = OPTIONS("n=3", "tools=[{}]"),
      .many = true},
     NULL,
     NULL,
     "n > 1 and tools do not go together; nothing was sent"},
    {"tools in extra_body",
     {.script = ABC ENDS,
      .options = OPTIONS("n=2", "extra_body={\"tools\":[{\"a\":1}]}"),
      .many = true},
     NULL,
     NULL,
     "n > 1 and tools do not go together; nothing was sent"},
};

Test(reply_choices, where_there_is_one, .timeout = 60)
{
    struct reply_rig rig;
    reply_rig_start(&rig);
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
        const char *name = alone[i].name;
        bool sent = alone[i].has != NULL;
        reply_rig_run(&rig, &alone[i].ask);
        cr_expect_eq(server_requests(rig.base.sv), sent, "%s", name);
        cr_expect_eq(reply_rig_number(&rig, "refused"), !sent, "%s", name);
        cr_expect_str_eq(reply_rig_end(&rig, "line"), alone[i].line, "%s: %s",
                         name, reply_rig_end(&rig, "line"));
        cr_expect_str_eq(reply_rig_end(&rig, "choices"), "");
        cr_expect_str_eq(reply_rig_text(&rig), sent ? "a" : "", "%s", name);
        cr_expect_eq(rig.others[0][0].len, 0, "%s", name);
        if (!sent)
            continue;
        char *body = reply_rig_body(&rig, 1);
        cr_expect_not_null(strstr(body, alone[i].has), "%s: %s", name, body);
        cr_expect(alone[i].has_not == NULL ||
                      strstr(body, alone[i].has_not) == NULL,
                  "%s: %s", name, body);
        free(body);
    }
    reply_rig_stop(&rig);
}

/* ---- stopped ---- */

Test(reply_choices, stopped, .timeout = 30)
{
    struct reply_rig rig;
    struct reply_ask ask = {.script = SAY(1, "b") SAY(2, "c") END(2, "stop")
                                SAY(0, "a") "stall\n",
                            .options = N3,
                            .many = true};
    reply_rig_start(&rig);
    reply_rig_ask(&rig, &ask);
    HOST_UNTIL(&rig.base, rig.text[0].len > 0, 10000);
    reply_stop(rig.reply);
    reply_rig_wait(&rig);
    cr_expect_str_eq(reply_rig_end(&rig, "pairs"), " finish=stopped");
    cr_expect_str_eq(reply_rig_end(&rig, "choices"),
                     " finish=stopped/ finish=stop");
    cr_expect_eq(reply_rig_number(&rig, "pieces"), 3);
    /* freed with all of them open */
    reply_rig_ask(&rig, &ask);
    HOST_UNTIL(&rig.base, rig.text[0].len > 0, 10000);
    reply_free(rig.reply);
    rig.reply = NULL;
    loop_turn(rig.base.lp, 0); /* libcurl lets go of it */
    reply_rig_stop(&rig);
}

/* ---- the limit is that of all together ---- */

Test(reply_choices, sixteen_megabytes, .timeout = 60)
{
    enum { PIECE = 1 << 20 };
    struct reply_rig rig;
    struct buf script;
    buf_init(&script, 64 << 20);
    for (int i = 0; i < 17; i++) {
        buf_addf(&script,
                 "sse {\"choices\":[{\"index\":%d,\"delta\":{"
                 "\"content\":\"",
                 i % 2);
        for (int j = 0; j < PIECE; j++)
            buf_add_byte(&script, 'x');
        buf_add_text(&script, "\"}}]}\n");
    }
    buf_add_text(&script, ENDS);
    reply_rig_start(&rig);
    reply_rig_run(&rig, &(struct reply_ask){
                            .script = script.ptr, .options = N3, .many = true});
    cr_expect_eq(rig.text[0].len, (size_t)8 * PIECE);
    cr_expect_eq(rig.others[0][0].len, (size_t)8 * PIECE);
    cr_expect_str_eq(reply_rig_end(&rig, "finish"), "interrupted");
    cr_expect_str_eq(reply_rig_end(&rig, "choices"), " finish=interrupted/");
    buf_finish(&script);
    reply_rig_stop(&rig);
}
