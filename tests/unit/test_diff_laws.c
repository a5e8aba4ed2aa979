/*
 * Laws of comparing on random texts and edits; that the answer is the shortest
 * one, by the schoolbook table; and how long it may take.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "../lib/diff_laws.h"

enum { ROUNDS = 4000, LINES = 60 };

static uint64_t seed;

static size_t
random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (size_t)(seed >> 8);
}

static const char *const pieces[] = {
    "a\n",         "b\n",          "c\n",
    "d\n",         "}\n",          "\n",
    "\n",          "    x = 1;\n", "{\n",
    "\tif (y)\n",  "same\r\n",     "same\n",
    "x = f(a);\n", "x = g(a)\n",   "\xc3\xa9t\xc3\xa9 x\n",
    "\xff\xfe\n",  "e\n",          "f\n",
    "g\n",         "h\n",
};

static void
random_line(struct buf *b, size_t kinds)
{
    buf_add_text(b, pieces[random_number() % kinds]);
}

/* Lines of few or many kinds; sometimes the last one has no newline. */
static void
random_text(struct buf *b, size_t lines)
{
    size_t kinds = 2 + random_number() % (sizeof pieces / sizeof *pieces - 1);
    buf_reset(b);
    for (size_t n = random_number() % (lines + 1); n > 0; n--)
        random_line(b, kinds);
    if (b->len > 0 && random_number() % 4 == 0)
        buf_cut(b, b->len - 1);
}

/* Keep, drop, repeat and add lines. */
static void
random_edit(struct buf *out, struct dc_str text, size_t often)
{
    buf_reset(out);
    for (size_t at = 0; at < text.len;) {
        struct dc_str rest = {text.ptr + at, text.len - at};
        size_t len = str_find(rest, '\n');
        len += len < rest.len;
        size_t what = random_number() % often;
        if (what == 0)
            random_line(out, sizeof pieces / sizeof *pieces);
        if (what != 1)
            buf_add(out, rest.ptr, len);
        if (what == 2)
            buf_add(out, rest.ptr, len);
        at += len;
    }
}

static size_t
common(const struct dc_diff *d)
{
    static size_t best[LINES + 2][3 * LINES + 2];
    size_t n = dc_diff_lines(d, DC_OLD), m = dc_diff_lines(d, DC_NEW);
    memset(best, 0, sizeof best);
    for (size_t i = n; i-- > 0;) {
        for (size_t j = m; j-- > 0;) {
            size_t skip = best[i + 1][j] > best[i][j + 1] ? best[i + 1][j]
                                                          : best[i][j + 1];
            bool same = laws_equal(dc_diff_line(d, DC_OLD, i),
                                   dc_diff_line(d, DC_NEW, j));
            best[i][j] = same ? best[i + 1][j + 1] + 1 : skip;
        }
    }
    return n > 0 ? best[0][0] : 0;
}

static size_t
changes(const struct dc_hunk *hunks, size_t count)
{
    size_t lines = 0;
    for (size_t i = 0; i < count; i++)
        lines += hunks[i].old_count + hunks[i].new_count;
    return lines;
}

static void
check_shortest(struct dc_diff *d, struct dc_str new, size_t round)
{
    size_t count;
    const struct dc_hunk *hunks = dc_diff_run(d, new, false, &count);
    size_t all = dc_diff_lines(d, DC_OLD) + dc_diff_lines(d, DC_NEW);
    cr_assert_eq(changes(hunks, count), all - 2 * common(d), "round %zu",
                 round);
}

Test(diff_laws, random_edits, .timeout = 60)
{
    struct buf old, new;
    buf_init(&old, 1 << 20);
    buf_init(&new, 1 << 20);
    seed = 20;
    for (size_t round = 0; round < ROUNDS; round++) {
        random_text(&old, LINES);
        if (round % 3 == 0)
            random_text(&new, LINES);
        else
            random_edit(&new, buf_str(&old), 4 + random_number() % 20);
        size_t cost = round % 4 == 0 ? 1 + random_number() % 4 : 0;
        struct dc_diff *d = dc_diff_new(buf_str(&old), cost);
        const char *broken =
            laws_whole(d, buf_str(&old), buf_str(&new), random_number);
        cr_assert_null(broken, "round %zu: %s", round, broken);
        if (cost == 0)
            check_shortest(d, buf_str(&new), round);
        broken = laws_partial(d, buf_str(&old), buf_str(&new));
        cr_assert_null(broken, "round %zu, partial: %s", round, broken);
        dc_diff_free(d);
    }
    buf_finish(&old);
    buf_finish(&new);
}

/* A growing text, one object for all of it; at the end as if compared once. */
Test(diff_laws, growing, .timeout = 60)
{
    struct buf old, new;
    buf_init(&old, 1 << 20);
    buf_init(&new, 1 << 20);
    seed = 21;
    for (size_t round = 0; round < 100; round++) {
        random_text(&old, LINES);
        random_edit(&new, buf_str(&old), 4 + random_number() % 20);
        struct dc_diff *d = dc_diff_new(buf_str(&old), 0);
        for (size_t len = 0; len <= new.len; len += 1 + random_number() % 9) {
            struct dc_str head = {new.ptr, len};
            const char *broken = laws_partial(d, buf_str(&old), head);
            cr_assert_null(broken, "round %zu at %zu: %s", round, len, broken);
        }
        check_shortest(d, buf_str(&new), round);
        dc_diff_free(d);
    }
    buf_finish(&old);
    buf_finish(&new);
}

/* ---- time ---- */

static double
now_ms(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

enum shape { SMALL_EDITS, HALF_NEW, SHUFFLED, FEW_KINDS, ALL_NEW, ALL_SAME };

static void
add_numbered(struct buf *b, size_t number)
{
    buf_addf(b, "    line number %zu of the text;\n", number);
}

static void
two_texts(struct buf *old, struct buf *new, size_t lines, enum shape shape)
{
    buf_reset(old);
    buf_reset(new);
    for (size_t i = 0; i < lines; i++) {
        size_t kinds = shape == FEW_KINDS ? 20 : SIZE_MAX;
        size_t number = shape == FEW_KINDS ? random_number() % kinds : i;
        if (shape == ALL_SAME)
            number = 0;
        add_numbered(old, number);
        bool other = shape == ALL_NEW || (shape == HALF_NEW && i % 2 == 0) ||
                     (shape == SMALL_EDITS && random_number() % 50 == 0);
        if (shape == SHUFFLED || shape == FEW_KINDS)
            number = random_number() % (kinds < lines ? kinds : lines);
        add_numbered(new, other ? i + lines : number);
    }
}

/* Best of three, so that a busy machine is not mistaken for a slow diff. */
static double
time_of(struct dc_str old, struct dc_str new, bool partial)
{
    double best = 1e9;
    size_t count;
    for (int i = 0; i < 3; i++) {
        double start = now_ms();
        struct dc_diff *d = dc_diff_new(old, 0);
        dc_diff_run(d, new, partial, &count);
        double took = now_ms() - start;
        dc_diff_free(d);
        if (took < best)
            best = took;
    }
    return best;
}

/* Limits far above what is measured (see make bench), so that only another
 * order of growth can pass them, under sanitizers too. */
Test(diff_laws, time_is_bounded, .timeout = 120)
{
    static const struct {
        size_t lines;
        double ms;
    } sizes[] = {{500, 60}, {10000, 1500}, {100000, 15000}};
    struct buf old, new;
    buf_init(&old, 1 << 26);
    buf_init(&new, 1 << 26);
    seed = 22;
    for (size_t s = 0; s < 3; s++) {
        for (enum shape shape = SMALL_EDITS; shape <= ALL_SAME; shape++) {
            two_texts(&old, &new, sizes[s].lines, shape);
            for (int partial = 0; partial <= 1; partial++) {
                double ms = time_of(buf_str(&old), buf_str(&new), partial > 0);
                if (getenv("DC_SHOW_TIMES") != NULL)
                    fprintf(stderr, "%6zu lines, shape %d%s: %.2f ms\n",
                            sizes[s].lines, (int)shape,
                            partial > 0 ? ", partial" : "", ms);
                cr_expect_lt(ms, sizes[s].ms, "%zu lines, shape %d: %.1f ms",
                             sizes[s].lines, (int)shape, ms);
            }
        }
    }
    buf_finish(&old);
    buf_finish(&new);
}

/* The end of a long rewrite that was cut, a changed line in fifty: where it was
 * cut is found without counting, too. */
Test(diff_laws, covers_long, .timeout = 60)
{
    enum { ALL = 100000, CUT = 60000 };
    struct buf old, new;
    buf_init(&old, 1 << 26);
    buf_init(&new, 1 << 26);
    for (size_t i = 0; i < ALL; i++)
        add_numbered(&old, i);
    for (size_t i = 0; i < CUT; i++)
        add_numbered(&new, i % 50 == 7 ? ALL + i : i);
    struct dc_diff *d = dc_diff_new(buf_str(&old), 0);
    size_t count;
    const struct dc_hunk *hunks = dc_diff_run(d, buf_str(&new), true, &count);
    cr_expect_eq(count, CUT / 50);
    cr_expect_eq(dc_diff_covered(d), CUT);
    const char *broken = laws_hunks(d, hunks, count);
    cr_expect_null(broken, "%s", broken);
    dc_diff_free(d);
    buf_finish(&old);
    buf_finish(&new);
}
