/* Text on its way into buffers: every answer that an editor may give, and how
 * replies share its time. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/writer.h"
#include "lib/fake_ed.h"

enum {
    LANES = 12,
    KEPT = 1 << 22,
    FRAME_US = 33000,
    LATE_US = 5000, /* a call is made a little after its time was looked up */
    TURN_MS = 300,
};

/* One reply: what the writer said of it, what its buffer would hold. */
struct lane {
    struct writer_lane *lane;
    int drained, high, low, losses;
    char lost[64];

    struct buf text;
    int64_t seq;     /* of the last piece that got in */
    int64_t at_us;   /* when a piece was last sent */
    int hurried;     /* pieces less than a frame after the one before */
    size_t pieces;   /* sent, resends too */
    const char *say; /* the answer to its pieces */
};

struct rig {
    struct loop *lp;
    struct fake_ed ed;
    struct writer *w;
    struct lane lanes[LANES];
    size_t seen; /* calls whose pieces were looked at */
    size_t empty, longest;
};

static void
on_drained(void *user)
{
    ((struct lane *)user)->drained++;
}

static void
on_pressure(void *user, bool high)
{
    struct lane *l = user;
    if (high)
        l->high++;
    else
        l->low++;
}

static void
on_lost(void *user, const char *why)
{
    struct lane *l = user;
    l->losses++;
    snprintf(l->lost, sizeof l->lost, "%s", why);
}

static void
start(struct rig *r, size_t text_max)
{
    *r = (struct rig){.lp = loop_new()};
    fake_start(&r->ed, text_max);
    r->w = writer_new(r->lp, &r->ed.base);
}

static void
stop(struct rig *r)
{
    writer_free(r->w);
    fake_finish(&r->ed);
    loop_free(r->lp);
    for (size_t i = 0; i < LANES; i++)
        buf_finish(&r->lanes[i].text);
}

/* Lane i is reply i + 1. */
static struct lane *
lane(struct rig *r, size_t i)
{
    struct lane *l = &r->lanes[i];
    if (l->lane != NULL)
        return l;
    *l = (struct lane){.say = "ok"};
    buf_init(&l->text, KEPT);
    struct writer_events events = {on_drained, on_pressure, on_lost, l};
    l->lane = writer_open(r->w, (int64_t)i + 1, events);
    return l;
}

static void
add(struct lane *l, const char *text)
{
    writer_add(l->lane, DC_DELTA_TEXT, str_of(text));
}

/* ---- the editor's part ---- */

static void
note(struct rig *r, struct lane *l, const struct value *piece, int64_t at_us)
{
    struct dc_str text = value_as_str(value_at(piece, 3));
    r->empty += text.len == 0;
    if (l->pieces++ > 0)
        l->hurried += at_us - l->at_us < FRAME_US - LATE_US;
    l->at_us = at_us;
    int64_t seq = value_as_int(value_at(piece, 1), 0);
    bool in = strcmp(l->say, "ok") == 0 || strcmp(l->say, "dup") == 0;
    if (in && seq > l->seq) {
        cr_expect_eq(seq, l->seq + 1, "piece left out");
        if (str_is(value_as_str(value_at(piece, 2)), "anew"))
            buf_reset(&l->text);
        buf_add_str(&l->text, text);
        l->seq = seq;
    }
}

/* Look at the call that waits and make the answer to it: NULL if none does. */
static struct value *
answers(struct rig *r, struct fake_call *call)
{
    size_t bytes = 0;
    const struct value *batch = value_at(call->args, 0), *piece;
    struct value *words = value_list();
    for (size_t i = 0; (piece = value_at(batch, i)) != NULL; i++) {
        struct lane *l = &r->lanes[value_as_int(value_at(piece, 0), 0) - 1];
        note(r, l, piece, call->at_us);
        bytes += value_as_str(value_at(piece, 3)).len;
        value_add(words, value_text(l->say));
    }
    r->longest = bytes > r->longest ? bytes : r->longest;
    return words;
}

/* What goes out within ms, and the answer to it. The loop is not left to wait
 * behind a call, because nothing here would wake it. */
static bool
turn(struct rig *r, int ms)
{
    loop_turn(r->lp, 0);
    if (ms > 0 && fake_waiting(&r->ed, "append") == NULL) {
        loop_turn(r->lp, ms);
        loop_turn(r->lp, 0);
    }
    struct fake_call *call = fake_waiting(&r->ed, "append");
    if (call != NULL)
        fake_answer(call, answers(r, call), NULL);
    return call != NULL;
}

static void
until_idle(struct rig *r, struct lane *l)
{
    for (int64_t end = loop_now() + 3000;
         !writer_idle(l->lane) && loop_now() < end;)
        turn(r, TURN_MS);
    cr_expect(writer_idle(l->lane));
}

static void
expect_text(struct lane *l, const char *want)
{
    cr_expect(str_is(buf_str(&l->text), want), "%.*s", (int)l->text.len,
              l->text.ptr);
}

/* ---- answers ---- */

static const struct {
    const char *word, *lost;
} words[] = {
    {"ok", ""},           {"dup", ""},      {"deleted", "deleted"},
    {"undone", "undone"}, {"gone", "gone"}, {"Vim(let):E1", "Vim(let):E1"},
};

Test(writer, words, .timeout = 30)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct rig r;
        start(&r, 1000);
        struct lane *l = lane(&r, 0);
        l->say = words[i].word;
        add(l, "one");
        cr_expect(turn(&r, 0), "first text goes at once");
        bool lost = words[i].lost[0] != '\0';
        cr_expect_str_eq(l->lost, words[i].lost, "%s", words[i].word);
        cr_expect_eq(l->losses, lost);
        cr_expect_eq(l->drained, !lost);
        cr_expect(writer_idle(l->lane));
        add(l, "two");
        for (int64_t end = loop_now() + TURN_MS / 3; loop_now() < end;)
            turn(&r, TURN_MS / 6);
        cr_expect_eq(l->pieces, lost ? 1 : 2, "%s", words[i].word);
        stop(&r);
    }
}

/* Whole calls that fail, times in a row, then one that goes well. */
static void
fail_calls(struct rig *r, struct lane *l, int times, bool with_error)
{
    for (int i = 0; i < times; i++) {
        struct fake_call *call = NULL;
        for (int64_t end = loop_now() + 5000; loop_now() < end;) {
            loop_turn(r->lp, 5);
            if ((call = fake_waiting(&r->ed, "append")) != NULL)
                break;
        }
        cr_assert_not_null(call, "call %d", i);
        l->say = "retry";
        value_free(answers(r, call));
        l->say = "ok";
        if (with_error)
            fake_answer(call, NULL, "Keyboard interrupt");
        else
            fake_answer(call, value_list(), NULL);
    }
}

Test(writer, calls_that_fail, .timeout = 60)
{
    for (int with_error = 0; with_error < 2; with_error++) {
        struct rig r;
        start(&r, 1000);
        struct lane *l = lane(&r, 0), *other = lane(&r, 1);
        add(l, "one");
        add(other, "1");
        /* nine in a row are nothing, whatever was before them */
        fail_calls(&r, l, 2, with_error);
        until_idle(&r, l);
        add(l, " two");
        fail_calls(&r, l, with_error ? 9 : 2, with_error);
        until_idle(&r, l);
        until_idle(&r, other);
        cr_expect_eq(l->losses, 0);
        add(l, " three");
        fail_calls(&r, l, 10, with_error);
        cr_expect_eq(l->losses, 1);
        cr_expect_str_eq(l->lost,
                         with_error ? "Keyboard interrupt" : "no answer");
        cr_expect_eq(other->losses, 0);
        expect_text(l, "one two");
        expect_text(other, "1");
        stop(&r);
    }
}

/* ---- sharing ---- */

static size_t
edits_in_20_frames(struct rig *r, struct lane *l)
{
    size_t before = l->pieces;
    int64_t end = loop_now_us() + 20 * FRAME_US;
    while (loop_now_us() < end) {
        add(l, "b");
        turn(r, 2);
    }
    return l->pieces - before;
}

/* How long the first text of lane i waits, in microseconds. */
static int64_t
first_text_us(struct rig *r, size_t i)
{
    struct lane *l = lane(r, i);
    int64_t before = loop_now_us();
    add(l, "a");
    while (l->pieces == 0)
        turn(r, TURN_MS);
    return l->at_us - before;
}

Test(writer, one_that_waits_slows_nobody, .timeout = 60)
{
    struct rig r;
    start(&r, 1000);
    struct lane *stuck = lane(&r, 0);
    stuck->say = "retry";
    add(stuck, "one");
    writer_last(stuck->lane); /* no reason to hurry now */
    for (int64_t end = loop_now() + 600;
         loop_now() < end || (stuck->pieces < 4 && loop_now() < end + 5000);)
        turn(&r, 50);
    size_t tries = stuck->pieces;
    cr_expect(tries >= 4 && tries <= 7, "%zu", tries); /* 30 60 120 240 */
    /* again if the machine was busy with something else */
    int64_t waited = first_text_us(&r, 1);
    for (size_t i = 2; i < 6 && waited >= 15000; i++)
        waited = first_text_us(&r, i);
    cr_expect_lt(waited, 15000, "first text waited");
    struct lane *fresh = &r.lanes[1];
    size_t edits = edits_in_20_frames(&r, fresh);
    for (int i = 0; i < 4 && edits < 13; i++)
        edits = edits_in_20_frames(&r, fresh);
    cr_expect(edits >= 13 && edits <= 22, "%zu edits in 20 frames", edits);
    cr_expect_leq(stuck->pieces, tries + 20, "%zu", stuck->pieces - tries);
    stuck->say = "ok";
    until_idle(&r, stuck);
    expect_text(stuck, "one");
    cr_expect_eq(stuck->drained, 1);
    stop(&r);
}

/* Text for the first count lanes all the time, for ms. */
static void
stream(struct rig *r, size_t count, int ms)
{
    for (int64_t end = loop_now() + ms; loop_now() < end;) {
        for (size_t i = 0; i < count; i++)
            add(lane(r, i), "x");
        turn(r, 2);
    }
}

/* First and last texts do not wait, and make no lane's frames shorter: neither
 * those of others nor their own. */
Test(writer, one_edit_a_frame, .timeout = 60)
{
    struct rig r;
    start(&r, 100000);
    for (size_t i = 0; i < LANES; i++) {
        add(lane(&r, i), "first");
        cr_expect(turn(&r, 0), "first text of %zu waits", i);
        cr_expect_eq(r.lanes[i].pieces, 1);
        stream(&r, i + 1, 24);
    }
    size_t calls = r.ed.count;
    int64_t before = loop_now_us();
    stream(&r, LANES, 10 * FRAME_US / 1000);
    int64_t frames = (loop_now_us() - before) / FRAME_US;
    cr_expect_leq(r.ed.count - calls, (size_t)frames + 2,
                  "%zu calls in %d frames", r.ed.count - calls, (int)frames);
    for (size_t i = 0; i < LANES; i++) {
        cr_expect_geq(r.lanes[i].pieces, 3, "%zu", i);
        cr_expect_leq(r.lanes[i].hurried, 1, "%zu: %d", i, r.lanes[i].hurried);
    }
    struct lane *steady = lane(&r, 0);
    for (size_t i = 1; i < LANES; i++) {
        stream(&r, 1, 24);
        add(&r.lanes[i], " last");
        writer_last(r.lanes[i].lane);
        cr_expect(turn(&r, 0), "last text of %zu waits", i);
        cr_expect(writer_idle(r.lanes[i].lane));
    }
    cr_expect_leq(steady->hurried, 2, "%d", steady->hurried);
    stop(&r);
}

/* Replies that have more than a call can hold take turns. */
Test(writer, turns, .timeout = 60)
{
    static const char *const text[] = {"abcdefg", "\xf0\x9f\x98\x80",
                                       "\xe2\x82\xac", "\xc3\xa9x"};
    for (size_t max = 4; max <= 24; max += 5) {
        struct rig r;
        start(&r, max);
        for (size_t i = 0; i < 4; i++)
            for (int n = 0; n < 60; n++)
                add(lane(&r, i), text[i]);
        for (int call = 0; call < 40; call++) {
            turn(&r, TURN_MS);
            for (size_t i = 0; i < 4 && call >= 4; i++)
                cr_expect_geq(r.lanes[i].pieces + 1, (size_t)call / 4,
                              "max %zu: %zu starves", max, i);
        }
        for (size_t i = 0; i < 4; i++) {
            until_idle(&r, &r.lanes[i]);
            cr_expect_eq(r.lanes[i].text.len, 60 * strlen(text[i]));
        }
        cr_expect_eq(r.empty, 0, "max %zu: empty pieces", max);
        cr_expect_leq(r.longest, max);
        stop(&r);
    }
}

/* What is void is not written any more; what was written is replaced by the
 * next text, once, also if the call with it is made again. */
Test(writer, anew, .timeout = 30)
{
    static const char *const says[] = {"ok", "retry", "dup"};
    struct rig r;
    start(&r, 4);
    struct lane *l = lane(&r, 0);
    add(l, "void");
    turn(&r, TURN_MS);
    for (size_t i = 0; i < sizeof says / sizeof *says; i++) {
        add(l, "void too");
        writer_anew(l->lane);
        writer_add(l->lane, DC_DELTA_REASONING, str_of("hm"));
        add(l, "abcd");
        turn(&r, TURN_MS);
        l->say = says[i];
        turn(&r, TURN_MS);
        l->say = "ok";
        add(l, "ef");
        until_idle(&r, l);
        expect_text(l, "abcdef");
    }
    stop(&r);
}

/* ---- pressure ---- */

static struct dc_str
plenty(void)
{
    static char text[WRITER_HIGH + 1];
    memset(text, 'x', sizeof text);
    return (struct dc_str){text, sizeof text};
}

Test(writer, pressure, .timeout = 60)
{
    struct rig r;
    struct dc_str all = plenty();
    start(&r, WRITER_HIGH);
    struct lane *l = lane(&r, 0);
    writer_add(l->lane, DC_DELTA_TEXT, (struct dc_str){all.ptr, WRITER_HIGH});
    cr_expect_eq(l->high, 0, "at the mark");
    add(l, "y");
    add(l, "y");
    cr_expect_eq(l->high, 1, "told once");
    /* all but so many pieces leave as much as LOW and 2 bytes */
    for (size_t n = (WRITER_HIGH - WRITER_LOW) / WRITER_PIECE; n > 0; n--)
        cr_expect(turn(&r, 0), "the rest goes on at once");
    cr_expect_eq(l->low, 0);
    cr_expect(turn(&r, 0));
    cr_expect_eq(l->low, 1);
    until_idle(&r, l);
    cr_expect_eq(l->high + l->low, 2);
    cr_expect_eq(r.longest, WRITER_PIECE, "a key waits for %zu bytes",
                 r.longest);
    stop(&r);
}

Test(writer, no_pressure_without_an_editor, .timeout = 30)
{
    struct rig r;
    start(&r, 1000);
    struct lane *high = lane(&r, 0), *low = lane(&r, 1);
    writer_add(high->lane, DC_DELTA_TEXT, plenty());
    add(low, "x");
    loop_turn(r.lp, 0);
    writer_detach(r.w);
    cr_expect_eq(high->low, 1);
    cr_expect_eq(low->low, 0);
    cr_expect_eq(high->losses + low->losses, 0);
    writer_add(high->lane, DC_DELTA_TEXT, plenty());
    cr_expect_eq(high->high, 1, "no way back");
    cr_expect(writer_idle(high->lane));
    loop_turn(r.lp, 0);
    cr_expect_eq(r.ed.count, 1);
    struct lane *late = lane(&r, 2);
    add(late, "x");
    cr_expect(writer_idle(late->lane));
    stop(&r);
}

/* A lane that is closed while its piece is out is none of the answer's. */
Test(writer, closed_in_flight, .timeout = 30)
{
    struct rig r;
    start(&r, 1000);
    struct lane *a = lane(&r, 0), *b = lane(&r, 1);
    add(a, "a");
    add(b, "b");
    loop_turn(r.lp, 0);
    struct fake_call *call = fake_waiting(&r.ed, "append");
    writer_close(a->lane);
    writer_close(NULL);
    fake_answer(call, answers(&r, call), NULL);
    cr_expect_eq(a->drained, 0);
    cr_expect_eq(b->drained, 1);
    stop(&r);
}
