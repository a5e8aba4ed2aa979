/*
 * The event parser. Input: a byte n, n bytes that say how to cut (each a piece
 * of that many bytes and one, round and round), the stream. However it is cut,
 * the events must be the same, and a limit too small for it must only end it
 * early.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct plan {
    const uint8_t *sizes;
    size_t count;
    struct dc_str bytes;
};

static enum dc_step
pull(struct dc_sse *sse, struct buf *out)
{
    struct dc_sse_event ev;
    enum dc_step step;
    while ((step = dc_sse_next(sse, &ev, NULL)) == DC_ITEM) {
        buf_addf(out, "%zu %zu ", ev.name.len, ev.data.len);
        buf_add_str(out, ev.name);
        buf_add_str(out, ev.data);
    }
    return step;
}

/* Without a plan: all at once. */
static struct buf
run(const struct plan *plan, bool cut, size_t limit, enum dc_step want)
{
    struct buf out;
    struct dc_sse *sse = dc_sse_new(limit);
    buf_init(&out, SIZE_MAX / 2);
    for (size_t at = 0, i = 0; at < plan->bytes.len; i++) {
        size_t n = plan->bytes.len - at;
        if (cut && plan->count > 0 && n > plan->sizes[i % plan->count] + 1u)
            n = plan->sizes[i % plan->count] + 1u;
        dc_sse_feed(sse, (struct dc_str){plan->bytes.ptr + at, n}, NULL);
        pull(sse, &out);
        at += n;
    }
    dc_sse_end(sse);
    enum dc_step step = pull(sse, &out);
    if (step != want && want != DC_MORE)
        abort();
    dc_sse_free(sse);
    return out;
}

static void
expect_prefix(const struct buf *part, const struct buf *all)
{
    if (part->len > all->len ||
        (part->len > 0 && memcmp(part->ptr, all->ptr, part->len) != 0))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || data[0] > size - 1)
        return 0;
    struct plan plan = {data + 1, data[0], {NULL, 0}};
    plan.bytes.len = size - 1 - plan.count;
    plan.bytes.ptr = (const char *)data + 1 + plan.count;

    struct buf all = run(&plan, false, size, DC_END);
    struct buf cut = run(&plan, true, size, DC_END);
    expect_prefix(&all, &cut);
    expect_prefix(&cut, &all);
    struct buf tight = run(&plan, true, size / 3, DC_MORE);
    expect_prefix(&tight, &all);
    buf_finish(&all);
    buf_finish(&cut);
    buf_finish(&tight);
    return 0;
}
