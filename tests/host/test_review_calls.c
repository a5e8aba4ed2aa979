/* The calls that tell an editor of rewrites: their pace, what it answers, and
 * that it is never flooded. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/review_rig.h"

enum { TEXT_MAX = 1 << 20, LINES = 200 };

/* "line 0\nline 1\n...", every nth with an exclamation mark. Owned (free). */
static char *
lines_of(size_t count, size_t nth)
{
    struct buf out;
    buf_init(&out, DC_REQUEST_MAX);
    for (size_t i = 0; i < count; i++)
        buf_addf(&out, "    line %zu of some%s;\n", i,
                 nth > 0 && i % nth == nth - 1 ? " more" : "");
    return buf_take(&out, &(size_t){0});
}

/* name answers with lines at rate tokens a second. */
static char *
stream(struct review_rig *r, const char *name, int rate, const char *tail)
{
    char *text = lines_of(LINES, 10);
    struct buf script;
    buf_init(&script, DC_REQUEST_MAX);
    buf_addf(&script, "text %d ", rate);
    for (const char *c = text; *c != '\0'; c++)
        *c == '\n' ? buf_add_text(&script, "\\n") : buf_add_byte(&script, *c);
    buf_addf(&script, "\n%s", tail);
    server_script(r->base.sv, name, script.ptr);
    buf_finish(&script);
    return text;
}

static size_t
updates(const struct review_rig *r)
{
    return fake_count(&r->ed, "#update");
}

/* One is out at a time, and each begins a frame after the one before; only the
 * last waits for none. */
Test(review_calls, pace, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    char *old = lines_of(LINES, 0);
    char *new = stream(&r, "slow", 4000, "hold g\nfinish stop\ndone\n");
    review_rig_rewrite(&r, 1, "slow", old);
    HOST_UNTIL(&r.base, fake_waiting(&r.ed, "#update") != NULL, 5000);
    struct fake_call *call = fake_waiting(&r.ed, "#update");
    cr_assert_not_null(call);
    for (int64_t end = loop_now() + 200; loop_now() < end;)
        loop_turn(r.base.lp, 5);
    cr_expect_eq(updates(&r), 1, "%zu while one waits", updates(&r));
    for (int i = 0; i < 20 && updates(&r) < 3; i++)
        review_rig_idle(&r, 300);
    cr_expect_geq(updates(&r), 3);
    int64_t last = 0;
    int hurried = 0; /* one call may have been late itself */
    for (size_t i = 0; i < r.ed.count; i++) {
        if (strcmp(r.ed.calls[i].function, "deepchat#review#update") != 0)
            continue;
        hurried += r.ed.calls[i].at_us - last < 28000;
        last = r.ed.calls[i].at_us;
    }
    cr_expect_leq(hurried, 1, "%d", hurried);
    server_release(r.base.sv, "g");
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", new);
    cr_expect_eq(review_rig_seen(&r, 1)->model.hunks->count, LINES / 10);
    review_rig_stop(&r);
    free(old);
    free(new);
}

static bool
has_id(const struct fake_call *call, int64_t id)
{
    const struct value *update, *batch = value_at(call->args, 0);
    bool found = false;
    for (size_t i = 0; (update = value_at(batch, i)) != NULL; i++)
        found = found || value_as_int(value_at(update, 0), 0) == id;
    return found;
}

/* While rewrite 1 streams, let rewrite id pass its gate; is it in the update
 * right behind the one that is out? retry: the machine was too slow to tell. */
static bool
goes_at_once(struct review_rig *r, int64_t id, bool *retry)
{
    struct fake_call *call;
    HOST_UNTIL(&r->base, fake_waiting(&r->ed, "#update") != NULL, 5000);
    call = fake_waiting(&r->ed, "#update");
    cr_assert_not_null(call);
    int64_t at_us = call->at_us;
    server_release_next(r->base.sv, "gate", 1);
    for (int64_t end = loop_now() + 12; loop_now() < end;)
        loop_turn(r->base.lp, 1);
    *retry = loop_now_us() - at_us > 25000;
    review_rig_answer(r);
    HOST_UNTIL(&r->base, fake_waiting(&r->ed, "#update") != NULL, 5000);
    call = fake_waiting(&r->ed, "#update");
    return call != NULL && has_id(call, id) && call->at_us - at_us < 32000;
}

Test(review_calls, first_at_once, .timeout = 60)
{
    struct review_rig r;
    bool well = false, retry = true;
    review_rig_start(&r, TEXT_MAX);
    free(stream(&r, "slow", 300, "stall\n"));
    server_script(r.base.sv, "late", "hold gate\ntoken A\\nb\\nc\\n\nstall\n");
    char *old = lines_of(LINES, 0);
    for (int64_t id = 1; retry && !well && id < 10; id += 2) {
        review_rig_rewrite(&r, id, "slow", old);
        review_rig_rewrite(&r, id + 1, "late", "a\nb\nc\nd\n");
        review_rig_idle(&r, 200);
        well = goes_at_once(&r, id + 1, &retry);
        cr_expect(well || retry);
        review_rig_id(&r, "stop", 0);
        review_rig_idle(&r, 50);
    }
    free(old);
    review_rig_stop(&r);
}

/* ---- what it answers ---- */

static const struct {
    const char *function, *word, *error;
    int times;
    const char *outcome, *lost; /* lost: what finish is told; NULL: nothing */
    size_t journals;            /* that are left in the end */
} answers[] = {
    {"update", "retry", NULL, 12, "hunks", NULL, 0},
    {"update", NULL, "Keyboard interrupt", 9, "hunks", NULL, 0},
    {"update", NULL, "E999", 10, "stopped", "E999", 1},
    {"update", "gone", NULL, 1, "stopped", "gone", 1},
    {"update", "nonsense", NULL, 1, "stopped", "nonsense", 1},
    {"finish", "retry", NULL, 12, "hunks", NULL, 0},
    {"finish", NULL, "Keyboard interrupt", 9, "hunks", NULL, 0},
    {"status", NULL, "E999", 1, "hunks", NULL, 0},
};

/* The call of function that waits, or will; others are answered. */
static struct fake_call *
wait_call(struct review_rig *r, const char *function)
{
    struct fake_call *call;
    int64_t end = loop_now() + REVIEW_RIG_MS;
    while ((call = fake_waiting(&r->ed, function)) == NULL && loop_now() < end)
        if (!review_rig_answer(r))
            loop_turn(r->base.lp, 5);
    cr_assert_not_null(call, "%s", function);
    return call;
}

static struct value *
words_of(const struct fake_call *call, const char *word)
{
    struct value *list = value_list();
    if (strstr(call->function, "update") == NULL) {
        value_free(list);
        return value_text(word);
    }
    for (size_t i = 0; i < value_at(call->args, 0)->count; i++)
        value_add(list, value_text(word));
    return list;
}

static void
expect_answer(size_t i)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    const char *function = answers[i].function;
    server_script(r.base.sv, "held",
                  "hold g\ntoken A\\nb\\nc\\nD\\n\nfinish stop\ndone\n");
    review_rig_rewrite(&r, 1, "held", "a\nb\nc\nd\n");
    if (strcmp(function, "status") != 0)
        server_release(r.base.sv, "g");
    for (int n = 0; n < answers[i].times; n++) {
        struct fake_call *call = wait_call(&r, function);
        fake_answer(call, words_of(call, answers[i].word), answers[i].error);
    }
    server_release(r.base.sv, "g");
    review_rig_serve(&r, 1);
    bool lost = answers[i].lost != NULL;
    review_rig_expect(&r, 1, answers[i].outcome, "stop",
                      lost ? "a\nb\nc\nd\n" : "A\nb\nc\nD\n");
    const struct value *about = review_rig_seen(&r, 1)->about;
    cr_expect_str_eq(value_as_text(value_get(about, "lost"), "(none)"),
                     lost ? answers[i].lost : "(none)", "row %zu", i);
    review_rig_id(&r, "rewrite_closed", 1);
    cr_expect_eq(host_rig_journals(&r.base), answers[i].journals, "row %zu", i);
    review_rig_idle(&r, 20);
    cr_expect_eq(review_rig_seen(&r, 1)->finished, 1, "row %zu", i);
    review_rig_stop(&r);
}

Test(review_calls, answers, .timeout = 60)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        expect_answer(i);
}

/* Failures are counted anew once a call went well. */
Test(review_calls, failures_in_a_row, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "short", "token A\\n\nfinish stop\ndone\n");
    review_rig_rewrite(&r, 1, "short", "a\n");
    for (int n = 0; n < 9; n++)
        fake_answer(wait_call(&r, "update"), NULL, "E999");
    wait_call(&r, "update");
    review_rig_answer(&r);
    for (int n = 0; n < 9; n++)
        fake_answer(wait_call(&r, "finish"), NULL, "E999");
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", "A\n");
    review_rig_stop(&r);
}

/* An editor that does not answer has one call of a kind to answer. */
Test(review_calls, one_at_a_time, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "same", "hold g\ntoken a\\n\nfinish stop\ndone\n");
    for (int id = 1; id <= 10; id++)
        review_rig_rewrite(&r, id, "same", "a\n");
    for (int64_t end = loop_now() + 1200; loop_now() < end;)
        loop_turn(r.base.lp, 50);
    cr_expect_eq(fake_count(&r.ed, "#status"), 1);
    server_release(r.base.sv, "g");
    for (size_t i = 1; i <= 10; i++)
        server_wait_ended(r.base.sv, i, 5000);
    HOST_UNTIL(&r.base, fake_count(&r.ed, "#finish") > 0, 5000);
    for (int i = 0; i < 30; i++)
        loop_turn(r.base.lp, 5);
    cr_expect_eq(fake_count(&r.ed, "#finish"), 1);
    cr_expect_eq(fake_count(&r.ed, "#status"), 1);
    review_rig_serve(&r, 10);
    review_rig_stop(&r);
}

Test(review_calls, a_finish_that_always_fails, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "short", "token A\\n\nfinish stop\ndone\n");
    review_rig_rewrite(&r, 1, "short", "a\n");
    for (int n = 0; n < 10; n++)
        fake_answer(wait_call(&r, "finish"), NULL, "E999");
    review_rig_idle(&r, 300);
    cr_expect_null(fake_waiting(&r.ed, "finish"));
    cr_expect_eq(review_rig_seen(&r, 1)->finished, 0);
    cr_expect_eq(host_rig_journals(&r.base), 1);
    review_rig_id(&r, "rewrite_closed", 1);
    cr_expect_eq(host_rig_journals(&r.base), 1);
    review_rig_stop(&r);
}

/* A call is never taken by half: it is told again as it was. */
Test(review_calls, the_same_again, .timeout = 30)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    server_script(r.base.sv, "two",
                  "token A\\nb\\nc\\nd\\n\nhold g\ntoken E\\nf\\nG\\n\n"
                  "finish stop\ndone\n");
    review_rig_rewrite(&r, 1, "two", "a\nb\nc\nd\ne\nf\ng\n");
    struct fake_call *call = wait_call(&r, "update");
    struct value *first = value_copy(value_at(value_at(call->args, 0), 0));
    server_release(r.base.sv, "g");
    server_wait_ended(r.base.sv, 1, 5000);
    for (int i = 0; i < 10; i++)
        loop_turn(r.base.lp, 5);
    fake_answer(call, words_of(call, "retry"), NULL);
    call = wait_call(&r, "update");
    const struct value *again = value_at(value_at(call->args, 0), 0);
    for (size_t i = 0; i < 6; i++)
        if (i != 4)
            cr_expect_eq(value_as_int(value_at(again, i), -1),
                         value_as_int(value_at(first, i), -2));
    cr_expect_eq(value_at(again, 4)->count, value_at(first, 4)->count);
    value_free(first);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", "A\nb\nc\nd\nE\nf\nG\n");
    review_rig_stop(&r);
}

/* ---- large ones ---- */

/* An editor that takes little at once gets it in pieces, each right behind the
 * one before. */
Test(review_calls, pieces, .timeout = 60)
{
    struct review_rig r;
    review_rig_start(&r, 4096);
    struct buf script;
    buf_init(&script, DC_REQUEST_MAX);
    char *old = lines_of(3000, 0), *new = lines_of(3000, 2);
    buf_add_text(&script, "text 0 ");
    for (const char *c = new; *c != '\0'; c++)
        *c == '\n' ? buf_add_text(&script, "\\n") : buf_add_byte(&script, *c);
    buf_add_text(&script, "\nfinish stop\ndone\n");
    server_script(r.base.sv, "large", script.ptr);
    buf_finish(&script);
    review_rig_rewrite(&r, 1, "large", old);
    review_rig_serve(&r, 1);
    review_rig_expect(&r, 1, "hunks", "stop", new);
    size_t count = updates(&r);
    cr_expect_geq(count, 20, "%zu updates", count);
    int64_t last = 0;
    size_t quick = 0;
    for (size_t i = 0; i < r.ed.count; i++)
        if (strstr(r.ed.calls[i].function, "update") != NULL) {
            quick += r.ed.calls[i].at_us - last < 30000;
            last = r.ed.calls[i].at_us;
        }
    cr_expect_geq(quick, count / 2, "%zu of %zu at once", quick, count);
    free(old);
    free(new);
    review_rig_stop(&r);
}

/* Over so many lines the hunks wait for the end; up to that they do not. */
Test(review_calls, live_or_not, .timeout = 60)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    free(stream(&r, "held", 0, "hold g\nfinish stop\ndone\n"));
    char *fits = lines_of(500, 0), *over = lines_of(501, 0);
    review_rig_rewrite(&r, 1, "held", fits);
    review_rig_rewrite(&r, 2, "held", over);
    cr_assert(server_wait_held(r.base.sv, "g", 0, 1));
    const struct hunk_model *live = &review_rig_seen(&r, 1)->model;
    for (int i = 0; i < 20 && live->hunks->count < LINES / 10 - 1; i++)
        review_rig_idle(&r, 400);
    cr_expect_geq(live->updates, 1);
    cr_expect_geq(live->hunks->count, LINES / 10 - 1);
    cr_expect_eq(review_rig_seen(&r, 2)->model.updates, 0);
    server_release(r.base.sv, "g");
    review_rig_serve(&r, 2);
    cr_expect_geq(review_rig_seen(&r, 2)->model.hunks->count, LINES / 10);
    free(fits);
    free(over);
    review_rig_stop(&r);
}
