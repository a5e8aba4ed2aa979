/*
 * A whole reply. Input as in fuzz_sse. However the body is cut, and whether the
 * scanner or cJSON reads it, the same must come out; and every delta must be
 * clean text.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/stream_run.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect_same(const struct buf *a, const struct buf *b)
{
    if (a->len != b->len || memcmp(a->ptr, b->ptr, a->len) != 0) {
        fprintf(stderr, "%s\n---- is not\n%s\n", a->ptr, b->ptr);
        abort();
    }
}

/* run_quote() hides nothing but what it quotes. */
static void
expect_clean(const struct buf *out)
{
    if (!utf8_clean(buf_str(out)))
        abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || data[0] > size - 1)
        return 0;
    size_t count = data[0];
    const uint8_t *sizes = data + 1;
    struct dc_str body = {(const char *)sizes + count, size - 1 - count};
    struct buf whole, other;
    buf_init(&whole, SIZE_MAX / 2);
    buf_init(&other, SIZE_MAX / 2);

    run_whole(&whole, body, false);
    expect_clean(&whole);
    run_whole(&other, body, true);
    expect_same(&whole, &other);

    struct run run;
    run_start(&run, &other);
    for (size_t at = 0, i = 0; at < body.len; i++) {
        size_t n = body.len - at;
        if (count > 0 && n > sizes[i % count] + 1u)
            n = sizes[i % count] + 1u;
        run_feed(&run, body.ptr + at, n);
        at += n;
    }
    run_finish(&run);
    expect_same(&whole, &other);
    buf_finish(&whole);
    buf_finish(&other);
    return 0;
}
