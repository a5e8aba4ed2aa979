/* n > 1 between an editor and the host: lanes that are answered, each in its
 * own way, and what that means for the reply. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "host/journal.h"
#include "lib/choices.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"

enum { MS = 20000, TEXT_MAX = 60000, CHOICES = 3, KEPT = 32 << 20 };

struct rig {
    struct host_rig base;
    struct fake_ed ed;
    const char *say[CHOICES]; /* the answer to pieces of each; NULL: "ok" */
    int fails;                /* calls of append that fail from now on */
    struct buf text[CHOICES]; /* what their places hold */
    int64_t seq[CHOICES];
    size_t pieces[CHOICES]; /* that came */
    struct value *about;    /* of finish */
};

static void
start(struct rig *r, const char *script)
{
    *r = (struct rig){.fails = 0};
    for (size_t i = 0; i < CHOICES; i++)
        buf_init(&r->text[i], KEPT);
    host_rig_start(&r->base);
    fake_start(&r->ed, TEXT_MAX);
    host_init(&r->base.host, r->base.lp, r->base.http, &r->ed.base);
    server_script(r->base.sv, "t", script);
    host_rig_op(&r->base, "hello", host_rig_hello(&r->base, DC_PROTOCOL));
    struct value *send = host_rig_send(&r->base, 1, "t", NULL);
    struct value *arguments = value_list();
    value_add(arguments, value_text("n=3"));
    value_put(send, "arguments", arguments);
    host_rig_op(&r->base, "send", send);
}

static void
stop(struct rig *r)
{
    host_finish(&r->base.host, 0);
    fake_finish(&r->ed);
    host_rig_stop(&r->base);
    for (size_t i = 0; i < CHOICES; i++)
        buf_finish(&r->text[i]);
    value_free(r->about);
}

/* ---- the editor's part ---- */

/* The word for a piece, which is put where it belongs. */
static const char *
take(struct rig *r, const struct value *piece)
{
    int64_t choice = value_as_int(value_at(piece, 4), 0);
    int64_t seq = value_as_int(value_at(piece, 1), 0);
    cr_assert(choice >= 0 && choice < CHOICES);
    cr_expect_eq(value_as_int(value_at(piece, 0), 0), 1);
    cr_expect_eq(piece->count, choice > 0 ? 5 : 4);
    const char *word = r->say[choice] != NULL ? r->say[choice] : "ok";
    r->pieces[choice]++;
    if (strcmp(word, "ok") != 0)
        return word;
    if (seq <= r->seq[choice])
        return "dup";
    cr_expect_eq(seq, r->seq[choice] + 1, "piece left out");
    r->seq[choice] = seq;
    buf_add_str(&r->text[choice], value_as_str(value_at(piece, 3)));
    return "ok";
}

static void
answer_append(struct rig *r, struct fake_call *call)
{
    const struct value *batch = value_at(call->args, 0), *piece;
    struct value *words = value_list();
    for (size_t i = 0; (piece = value_at(batch, i)) != NULL; i++)
        value_add(words, value_text(take(r, piece)));
    bool fail = r->fails > 0;
    r->fails -= fail;
    fake_answer(call, words, fail ? "E999" : NULL);
}

static void
answer(struct rig *r, struct fake_call *call)
{
    if (strcmp(call->function, "deepchat#buf#append") == 0) {
        answer_append(r, call);
        return;
    }
    if (strcmp(call->function, "deepchat#buf#finish") == 0)
        r->about = value_copy(value_at(call->args, 1));
    fake_answer(call, host_rig_answer(call->function, call->args, true), NULL);
}

/* Until the end of the reply, or an append that is call number held. */
static struct fake_call *
serve(struct rig *r, size_t held)
{
    int64_t end = loop_now() + MS;
    while (r->about == NULL && loop_now() < end) {
        struct fake_call *call = fake_waiting(&r->ed, "");
        if (call == NULL)
            loop_turn(r->base.lp, 5);
        else if (strstr(call->function, "append") != NULL && held-- == 1)
            return call;
        else
            answer(r, call);
    }
    cr_assert_not_null(r->about, "no end");
    return NULL;
}

static const char *
about(struct rig *r, const char *name)
{
    return value_as_text(value_get(r->about, name), "(none)");
}

static void
expect_texts(struct rig *r, const char *name, const char *const *want)
{
    for (size_t i = 0; i < CHOICES; i++) {
        const char *got = r->text[i].len > 0 ? r->text[i].ptr : "";
        cr_expect_str_eq(got, want[i], "%s: %zu: %s", name, i, got);
    }
}

/* ---- answers ---- */

#define TALK                                                                   \
    SAY(0, "a")                                                                \
    SAY(1, "b")                                                                \
    SAY(2, "c") "wait 100\n" SAY(0, "0") SAY(1, "1") SAY(2, "2") ENDS
#define CLOSED "wait 30000\n"

static const struct {
    const char *name, *script;
    const char *say[CHOICES];
    int fails;
    const char *lost, *finish; /* "(none)" */
    const char *texts[CHOICES];
} rows[] = {
    {"well", TALK, {0}, 0, "(none)", "stop", {"a0", "b1", "c2"}},
    {"calls fail", TALK, {0}, 9, "(none)", "stop", {"a0", "b1", "c2"}},
    {"one dropped",
     TALK,
     {NULL, "dropped"},
     0,
     "(none)",
     "stop",
     {"a0", "", "c2"}},
    {"both dropped",
     TALK,
     {NULL, "dropped", "dropped"},
     0,
     "(none)",
     "stop",
     {"a0", "", ""}},
    {"one undone",
     TALK CLOSED,
     {NULL, NULL, "undone"},
     0,
     "undone",
     NULL,
     {"a", "b", ""}},
    {"one in trouble",
     TALK CLOSED,
     {NULL, "E42: odd"},
     0,
     "E42: odd",
     NULL,
     {"a", "", "c"}},
    {"the first deleted",
     TALK CLOSED,
     {"deleted"},
     0,
     "deleted",
     NULL,
     {"", "b", "c"}},
};

static void
check(size_t i)
{
    struct rig r;
    const char *name = rows[i].name;
    start(&r, rows[i].script);
    memcpy(r.say, rows[i].say, sizeof r.say);
    r.fails = rows[i].fails;
    serve(&r, 0);
    cr_expect_str_eq(about(&r, "lost"), rows[i].lost, "%s: %s", name,
                     about(&r, "lost"));
    if (rows[i].finish != NULL) {
        const struct value *choices = value_get(r.about, "choices");
        cr_expect_str_eq(about(&r, "finish"), rows[i].finish, "%s", name);
        cr_assert_eq(choices->count, 2);
        cr_expect_str_eq(value_as_text(choices->items[1], ""), " finish=stop");
        expect_texts(&r, name, rows[i].texts);
    }
    for (size_t c = 0; c < CHOICES; c++)
        if (rows[i].say[c] != NULL)
            cr_expect_eq(r.pieces[c], 1, "%s: %zu", name, r.pieces[c]);
    for (int turns = 0; turns < 5; turns++)
        loop_turn(r.base.lp, 5);
    cr_expect_eq(host_rig_journals(&r.base), 0, "%s", name);
    stop(&r);
}

Test(chat_choices, answers, .timeout = 120)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check(i);
}

/* One that must wait keeps back nobody, and the end waits for it. */
Test(chat_choices, one_waits, .timeout = 60)
{
    struct rig r;
    start(&r, TALK);
    r.say[2] = "retry";
    int64_t end = loop_now() + MS;
    while (loop_now() < end && (r.text[0].len < 2 || r.text[1].len < 2)) {
        struct fake_call *call = fake_waiting(&r.ed, "");
        if (call != NULL)
            answer(&r, call);
        else
            loop_turn(r.base.lp, 5);
    }
    for (int i = 0; i < 60; i++) {
        struct fake_call *call = fake_waiting(&r.ed, "append");
        if (call != NULL)
            answer(&r, call);
        loop_turn(r.base.lp, 5);
    }
    cr_expect_null(r.about);
    cr_expect_eq(fake_count(&r.ed, "finish"), 0);
    r.say[2] = NULL;
    serve(&r, 0);
    expect_texts(&r, "in the end", (const char *const[]){"a0", "b1", "c2"});
    stop(&r);
}

/* ---- more than an editor takes ---- */

enum { PIECE = 1 << 16, PIECES = 160 }; /* 10 MiB */

static char *
flood(void)
{
    struct buf b;
    size_t len;
    buf_init(&b, KEPT);
    buf_add_text(&b, SAY(0, "a"));
    for (int i = 0; i < PIECES; i++) {
        buf_add_text(&b, "sse {\"choices\":[{\"index\":1,\"delta\":{"
                         "\"content\":\"");
        for (int j = 0; j < PIECE; j++)
            buf_add_byte(&b, (char)('a' + i % 26));
        buf_add_text(&b, "\"}}]}\n");
    }
    buf_add_text(&b, ENDS);
    return buf_take(&b, &len);
}

/* What has been read from the server. */
static long long
journal_size(struct rig *r)
{
    size_t count;
    char dir[512];
    struct stat st = {0};
    snprintf(dir, sizeof dir, "%s/journal", r->base.dir);
    char **names = journal_names(dir, &count);
    cr_assert_eq(count, 1);
    stat(names[0], &st);
    journal_names_free(names, count);
    return (long long)st.st_size;
}

static const char *const ends[] = {NULL, "dropped"};

Test(chat_choices, the_server_waits, .timeout = 120)
{
    char *script = flood();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct rig r;
        start(&r, script);
        struct fake_call *call = serve(&r, 2);
        cr_assert_not_null(call);
        int64_t still = loop_now();
        for (long long size = 0; loop_now() < still + 300;) {
            loop_turn(r.base.lp, 5);
            if (journal_size(&r) != size)
                still = loop_now();
            size = journal_size(&r);
        }
        cr_expect(journal_size(&r) > (long long)WRITER_HIGH, "%lld",
                  journal_size(&r));
        cr_expect(journal_size(&r) < (long long)WRITER_HIGH * 3, "%lld",
                  journal_size(&r));
        r.say[1] = ends[i];
        answer(&r, call);
        serve(&r, 0);
        cr_expect_str_eq(about(&r, "finish"), "stop");
        if (ends[i] == NULL)
            cr_expect_eq(r.text[1].len, (size_t)PIECE * PIECES);
        cr_expect_str_eq(r.text[0].ptr, "a");
        stop(&r);
    }
    free(script);
}
