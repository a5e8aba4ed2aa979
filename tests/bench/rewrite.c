/*
 * What a rewrite costs the host: a frame of a 500-line range while its reply
 * grows (judge the reply, compare, mark the words), and one comparison of
 * 10,000 lines, with a few edits and with all lines in another order.
 */
#include <stdio.h>

#include "base/buf.h"
#include "bench/bench.h"

enum { LINES = 500, MANY = 10000, FRAME_BYTES = 120 };

static void
add_text(struct buf *b, size_t lines, size_t every, size_t step)
{
    for (size_t i = 0; i < lines; i++)
        buf_addf(b, "    int value_%zu = compute(alpha, %s);\n",
                 i * step % lines, every > 0 && i % every == 0 ? "x" : "beta");
}

static void
one_frame(struct dc_rewrite *rewrite, struct dc_diff *diff, struct dc_str reply,
          bool final)
{
    size_t count, marks;
    dc_rewrite_add(rewrite, reply, final);
    const struct dc_hunk *hunks =
        dc_diff_run(diff, dc_rewrite_text(rewrite), !final, &count);
    for (size_t i = 0; i < count; i++) {
        dc_diff_marks(diff, &hunks[i], DC_OLD, &marks);
        dc_diff_marks(diff, &hunks[i], DC_NEW, &marks);
    }
}

static void
bench_frames(void)
{
    struct buf old, new;
    struct samples frames = {.count = 0};
    buf_init(&old, 1 << 20);
    buf_init(&new, 1 << 20);
    add_text(&old, LINES, 0, 1);
    add_text(&new, LINES, 3, 1);
    struct dc_selection sel = {.text = buf_str(&old), .filetype = str_of("c")};
    sel.indent = 4;
    struct dc_rewrite *rewrite = dc_rewrite_new(&sel);
    struct dc_diff *diff = dc_diff_new(buf_str(&old), 0);
    for (size_t at = 0; at < new.len; at += FRAME_BYTES) {
        size_t len = new.len - at < FRAME_BYTES ? new.len - at : FRAME_BYTES;
        uint64_t start = now_us();
        one_frame(rewrite, diff, (struct dc_str){new.ptr + at, len},
                  at + len == new.len);
        samples_add(&frames, (double)(now_us() - start) / 1e3);
    }
    report(&(struct figure){"rewrite, a frame of 500 lines, p50", "ms",
                            samples_at(&frames, 50), 0, 2, 0, 0, 0});
    report(&(struct figure){"  p99", "ms", samples_at(&frames, 99), 0, 2, 0, 0,
                            0});
    samples_free(&frames);
    dc_diff_free(diff);
    dc_rewrite_free(rewrite);
    buf_finish(&old);
    buf_finish(&new);
}

static double
diff_ms(size_t every, size_t step)
{
    struct buf old, new;
    struct samples runs = {.count = 0};
    buf_init(&old, 1 << 22);
    buf_init(&new, 1 << 22);
    add_text(&old, MANY, 0, 1);
    add_text(&new, MANY, every, step);
    for (int i = 0; i < 9; i++) {
        size_t count;
        uint64_t start = now_us();
        struct dc_diff *diff = dc_diff_new(buf_str(&old), 0);
        dc_diff_run(diff, buf_str(&new), false, &count);
        dc_diff_free(diff);
        samples_add(&runs, (double)(now_us() - start) / 1e3);
    }
    double ms = samples_at(&runs, 50);
    samples_free(&runs);
    buf_finish(&old);
    buf_finish(&new);
    return ms;
}

void
bench_rewrite(void)
{
    bench_frames();
    report(&(struct figure){"diff of 10,000 lines, 2 % of them changed", "ms",
                            diff_ms(50, 1), 0, 50, 0, 0, 0});
    /* 7919 is a prime: every line once, far from where it was. */
    report(&(struct figure){"  in another order", "ms", diff_ms(0, 7919), 0, 50,
                            0, 0, 0});
}
