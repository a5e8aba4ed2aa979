/* Answers come from the test's own loop and never from inside a call. */
#include "review_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

void
review_rig_op(struct review_rig *r, const char *op, struct value *args)
{
    host_rig_op(&r->base, op, args);
}

void
review_rig_id(struct review_rig *r, const char *op, int64_t id)
{
    struct value *args = value_map();
    value_put(args, "id", value_int(id));
    review_rig_op(r, op, args);
}

void
review_rig_start(struct review_rig *r, size_t text_max)
{
    *r = (struct review_rig){.word = "ok"};
    host_rig_start(&r->base);
    fake_start(&r->ed, text_max);
    host_init(&r->base.host, r->base.lp, r->base.http, &r->ed.base);
    review_rig_op(r, "hello", host_rig_hello(&r->base, DC_PROTOCOL));
}

void
review_rig_stop(struct review_rig *r)
{
    host_finish(&r->base.host, 0);
    fake_finish(&r->ed);
    host_rig_stop(&r->base);
    while (r->seen != NULL) {
        struct seen *seen = r->seen;
        r->seen = seen->next;
        hunk_model_finish(&seen->model);
        value_free(seen->about);
        free(seen);
    }
}

/* ---- asking ---- */

struct value *
review_rig_args(struct review_rig *r, int64_t id, const char *script,
                const char *text)
{
    struct value *args = host_rig_send(&r->base, id, script, text);
    value_put(args, "buf", value_int(1));
    value_put(args, "lines", value_int(1));
    value_put(args, "first", value_int(0));
    value_put(args, "file", value_text("a.c"));
    value_put(args, "filetype", value_text("c"));
    value_put(args, "commentstring", value_text("/*%s*/"));
    value_put(args, "indent", value_int(4));
    value_put(args, "instruction", value_text("make it better"));
    return args;
}

void
review_rig_ask(struct review_rig *r, struct value *args, const char *old)
{
    struct seen *seen = mem_alloc(sizeof *seen);
    seen->id = value_as_int(value_get(args, "id"), 0);
    seen->next = r->seen;
    r->seen = seen;
    if (old == NULL)
        old = value_as_text(value_get(args, "text"), "");
    hunk_model_init(&seen->model, old);
    review_rig_op(r, "rewrite", args);
}

void
review_rig_rewrite(struct review_rig *r, int64_t id, const char *script,
                   const char *text)
{
    review_rig_ask(r, review_rig_args(r, id, script, text), NULL);
}

struct seen *
review_rig_seen(struct review_rig *r, int64_t id)
{
    struct seen *seen = r->seen;
    while (seen != NULL && seen->id != id)
        seen = seen->next;
    cr_assert_not_null(seen, "nobody asked for rewrite %lld", (long long)id);
    return seen;
}

/* ---- answering ---- */

static struct value *
on_update(struct review_rig *r, const struct value *batch)
{
    struct value *words = value_list();
    cr_assert_gt(batch->count, 0);
    r->batch = batch->count > r->batch ? batch->count : r->batch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct value *update = value_at(batch, i);
        int64_t id = value_as_int(value_at(update, 0), 0);
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(value_as_int(value_at(value_at(batch, j), 0), 0), id);
        struct seen *seen = review_rig_seen(r, id);
        cr_assert_null(seen->about, "an update behind the end");
        if (strcmp(r->word, "ok") == 0)
            hunk_model_merge(&seen->model, update);
        value_add(words, value_text(r->word));
    }
    return words;
}

static struct value *
on_finish(struct review_rig *r, const struct value *args)
{
    struct seen *seen = review_rig_seen(r, value_as_int(value_at(args, 0), 0));
    value_free(seen->about);
    seen->about = value_copy(value_at(args, 1));
    seen->finished++;
    return value_text("ok");
}

static struct value *
on_status(struct review_rig *r, const struct value *args)
{
    struct seen *seen = review_rig_seen(r, value_as_int(value_at(args, 0), 0));
    snprintf(seen->status, sizeof seen->status, "%s",
             value_as_text(value_at(args, 1), ""));
    return value_int(0);
}

static struct value *
answer_to(struct review_rig *r, const struct fake_call *call)
{
    if (strcmp(call->function, "deepchat#review#update") == 0)
        return on_update(r, value_at(call->args, 0));
    if (strcmp(call->function, "deepchat#review#finish") == 0)
        return on_finish(r, call->args);
    if (strcmp(call->function, "deepchat#review#status") == 0)
        return on_status(r, call->args);
    r->notices += strcmp(call->function, "deepchat#buf#notice") == 0;
    return value_int(0);
}

bool
review_rig_answer(struct review_rig *r)
{
    struct fake_call *call = fake_waiting(&r->ed, "");
    if (call == NULL)
        return false;
    fake_answer(call, answer_to(r, call), NULL);
    return true;
}

size_t
review_rig_finished(const struct review_rig *r)
{
    size_t n = 0;
    for (const struct seen *seen = r->seen; seen != NULL; seen = seen->next)
        n += seen->about != NULL;
    return n;
}

void
review_rig_serve(struct review_rig *r, size_t count)
{
    int64_t end = loop_now() + REVIEW_RIG_MS;
    while (review_rig_finished(r) < count && loop_now() < end)
        if (!review_rig_answer(r))
            loop_turn(r->base.lp, 5);
    cr_assert_eq(review_rig_finished(r), count);
}

void
review_rig_idle(struct review_rig *r, int ms)
{
    for (int64_t end = loop_now() + ms; loop_now() < end;)
        if (!review_rig_answer(r))
            loop_turn(r->base.lp, 5);
}

/* ---- what the server says ---- */

static void
add_escaped(struct buf *out, char c)
{
    if (c == '\n')
        buf_add_text(out, "\\n");
    else if (c == '\r')
        buf_add_text(out, "\\r");
    else if (c == '\\')
        buf_add_text(out, "\\\\");
    else
        buf_add_byte(out, c);
}

void
review_rig_script(struct review_rig *r, const char *name, const char *text,
                  size_t piece, const char *tail)
{
    struct buf out;
    buf_init(&out, DC_REQUEST_MAX);
    for (size_t i = 0; text[i] != '\0'; i++) {
        if (i % piece == 0)
            buf_add_text(&out, i == 0 ? "token " : "\ntoken ");
        add_escaped(&out, text[i]);
    }
    buf_addf(&out, "%s%s", text[0] == '\0' ? "" : "\n", tail);
    server_script(r->base.sv, name, out.ptr);
    buf_finish(&out);
}

void
review_rig_expect(struct review_rig *r, int64_t id, const char *outcome,
                  const char *finish, const char *text)
{
    struct seen *seen = review_rig_seen(r, id);
    cr_assert_not_null(seen->about);
    cr_expect_str_eq(value_as_text(value_get(seen->about, "outcome"), ""),
                     outcome);
    cr_expect_str_eq(value_as_text(value_get(seen->about, "finish"), ""),
                     finish);
    bool whole = strcmp(outcome, "cut") != 0 && strcmp(outcome, "stopped") != 0;
    char *got = whole ? hunk_model_text(&seen->model, -1)
                      : hunk_model_settled(&seen->model);
    cr_expect_str_eq(got, text);
    free(got);
}
