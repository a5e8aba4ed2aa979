/*
 * The seam beyond the corpus: limits at and one past them, what is held back
 * and for how long, long repetitions, and that nothing is touched afterwards.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "core/seam_rules.h"

enum { LONG_LINES = 300 };

static struct dc_str
str(const char *text)
{
    return (struct dc_str){text, strlen(text)};
}

static struct dc_seam *
seam_of(const char *kept, enum dc_form form)
{
    return dc_seam_new(&(struct dc_seam_options){str(kept), false, form});
}

/* Adds what comes out of text, in pieces of step bytes, to out. */
static void
feed(struct dc_seam *seam, struct buf *out, struct dc_str text, size_t step)
{
    for (size_t at = 0; at < text.len; at += step) {
        size_t len = text.len - at < step ? text.len - at : step;
        struct dc_str piece = {text.ptr + at, len};
        buf_add_str(out, dc_seam_add(seam, piece, false));
    }
}

static struct dc_seam_report
run(struct buf *out, const char *kept, struct dc_str then, size_t step)
{
    struct dc_seam *seam = seam_of(kept, DC_FORM_LAST);
    buf_init(out, SIZE_MAX / 2);
    feed(seam, out, then, step);
    buf_add_str(out, dc_seam_add(seam, str(""), true));
    struct dc_seam_report report = dc_seam_report(seam);
    dc_seam_free(seam);
    return report;
}

static struct buf
long_text(int lines)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < lines; i++)
        buf_addf(&text, "Line %d stands here, number %d.\n", i, i * 7);
    buf_add_text(&text, "The last one is cu");
    return text;
}

static void
expect_text(const struct buf *out, const char *want, const char *what)
{
    cr_expect(out->len == strlen(want) &&
                  (out->len == 0 || memcmp(out->ptr, want, out->len) == 0),
              "%s: %.*s", what, (int)out->len, out->ptr);
}

Test(seam, limits, .timeout = 20)
{
    static const struct {
        const char *kept, *then, *gives;
        enum dc_seam_rule rule;
    } rows[] = {
        /* 12 bytes of an overlap, and 11 */
        {"It was so: ab cdef, hij", "ab cdef, hij klm", " klm",
         DC_SEAM_OVERLAP},
        {"It was so: ab cdef, hi", "b cdef, hi klm", "b cdef, hi klm",
         DC_SEAM_EXACT},
        /* 4 characters of a line, and 3 */
        {"One.\nabcd", "abcdef", "ef", DC_SEAM_LINE},
        {"One.\nabc", "abcdef", "abcdef", DC_SEAM_EXACT},
        /* a letter among the signs of an overlap, and none */
        {"x = [[[(a), {}], {}", "(a), {}], {}]", "]", DC_SEAM_OVERLAP},
        {"x = [[[(-), {}], {}", "(-), {}], {}]", "(-), {}], {}]", DC_SEAM_BOTH},
        /* six characters of twelve bytes, and five */
        {"Это: абвгде", "абвгдежз", "жз", DC_SEAM_OVERLAP},
        {"Это: 一二三四五", "一二三四五", "一二三四五", DC_SEAM_BOTH},
        /* one thing twice; more behind it than a blank; a fence in an example
         */
        {"One.\nbyebye", "byebye now", "byebye now", DC_SEAM_EXACT},
        {"See: the old mill at ", "the old mill attic", " the old mill attic",
         DC_SEAM_BOTH},
        {"```markdown\n# T\n", "```sh\nls\n", "\n```sh\nls\n", DC_SEAM_EXACT},
        {"", "all", "all", DC_SEAM_EXACT},
        {" \n", "all", " \nall", DC_SEAM_EXACT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        struct dc_seam_report report =
            run(&out, rows[i].kept, str(rows[i].then), 1);
        expect_text(&out, rows[i].gives, rows[i].then);
        cr_expect_eq(report.rule, rows[i].rule, "%s: %s", rows[i].then,
                     dc_seam_rule_name(report.rule));
        buf_finish(&out);
    }
}

Test(seam, preamble_length, .timeout = 20)
{
    for (size_t len = SEAM_PREAMBLE_MAX; len <= SEAM_PREAMBLE_MAX + 1; len++) {
        char line[SEAM_PREAMBLE_MAX + 8];
        int n = snprintf(line, sizeof line, "Continuing with %*s:\n",
                         (int)len - 17, "x");
        struct buf out;
        struct dc_seam_report report =
            run(&out, "It was the", (struct dc_str){line, (size_t)n}, 3);
        bool fits = len == SEAM_PREAMBLE_MAX;
        cr_expect_eq(out.len, fits ? 0 : (size_t)n, "%zu", len);
        cr_expect_eq(report.rule, fits ? DC_SEAM_EMPTY : DC_SEAM_EXACT);
        cr_expect(report.new_turn == fits);
        buf_finish(&out);
    }
}

/* Skipped for as long as it takes, and not in doubt since its first words. */
Test(seam, long_echo, .timeout = 20)
{
    struct buf text = long_text(LONG_LINES), out;
    struct dc_seam *seam = seam_of(text.ptr, DC_FORM_LAST);
    buf_init(&out, 1 << 20);
    feed(seam, &out, (struct dc_str){text.ptr, 12}, 1);
    cr_expect(dc_seam_pending(seam));
    feed(seam, &out, (struct dc_str){text.ptr + 12, 60}, 1);
    cr_expect_not(dc_seam_pending(seam));
    feed(seam, &out, (struct dc_str){text.ptr + 72, text.len - 72}, 7);
    cr_expect_eq(out.len, 0);
    feed(seam, &out, str("t here."), 1);
    expect_text(&out, "t here.", "echo");
    struct dc_seam_report report = dc_seam_report(seam);
    cr_expect_eq(report.rule, DC_SEAM_ECHO);
    cr_expect_eq(report.dropped, text.len);
    cr_expect_not(report.new_turn);
    dc_seam_free(seam);
    buf_finish(&out);
    buf_finish(&text);
}

/* Parts before SEAM_AGAIN, behind it, and not at all. */
Test(seam, parting, .timeout = 20)
{
    static const struct {
        int lines; /* that are the same */
        bool ends;
        size_t dropped; /* at least */
        enum dc_seam_rule rule;
    } rows[] = {
        {5, false, 0, DC_SEAM_BOTH},
        {60, false, 0, DC_SEAM_BOTH},
        {200, false, SEAM_AGAIN, DC_SEAM_BOTH},
        {200, true, SEAM_AGAIN, DC_SEAM_EMPTY},
    };
    struct buf text = long_text(LONG_LINES);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf then = long_text(rows[i].lines), out;
        buf_cut(&then, then.len - strlen("The last one is cu"));
        size_t same = then.len;
        if (!rows[i].ends)
            buf_add_text(&then, "Line of another kind.\n");
        struct dc_seam_report report = run(&out, text.ptr, buf_str(&then), 9);
        cr_expect_eq(report.rule, rows[i].rule, "row %zu: %s", i,
                     dc_seam_rule_name(report.rule));
        cr_expect_eq(report.dropped, rows[i].dropped > 0 ? same : 0,
                     "row %zu: %zu", i, report.dropped);
        cr_expect_eq(out.len + report.dropped, then.len, "row %zu", i);
        buf_finish(&out);
        buf_finish(&then);
    }
    buf_finish(&text);
}

/* The common case: out after a few bytes, then untouched. */
Test(seam, steps_aside, .timeout = 20)
{
    struct buf text = long_text(LONG_LINES), out;
    struct dc_seam *seam = seam_of(text.ptr, DC_FORM_LAST);
    buf_init(&out, 1 << 20);
    feed(seam, &out, str("t off, "), 1);
    cr_expect_gt(out.len, 0);
    struct dc_str piece = str(" untouched");
    struct dc_str same = dc_seam_add(seam, piece, false);
    cr_expect(same.ptr == piece.ptr && same.len == piece.len);
    cr_expect_eq(dc_seam_decide(seam).len, 0);
    cr_expect_eq(dc_seam_report(seam).rule, DC_SEAM_EXACT);
    dc_seam_free(seam);
    dc_seam_free(NULL);
    buf_finish(&out);
    buf_finish(&text);
}

/* A text of one thing is alike everywhere: the worst that can be held. */
Test(seam, hold, .timeout = 20)
{
    char kept[3000], then[DC_SEAM_HOLD];
    memset(kept, 'a', sizeof kept - 1);
    kept[sizeof kept - 1] = '\0';
    memset(then, 'a', sizeof then);
    struct buf out;
    struct dc_seam *seam = seam_of(kept, DC_FORM_LAST);
    buf_init(&out, 1 << 20);
    feed(seam, &out, (struct dc_str){then, sizeof then}, 1);
    for (int i = 0; i < 3000; i++)
        feed(seam, &out, str("a"), 1);
    buf_add_str(&out, dc_seam_add(seam, str("b"), true));
    cr_expect_eq(out.len, sizeof then + 3001, "%zu", out.len);
    dc_seam_free(seam);

    seam = seam_of("One two three four five six", DC_FORM_LAST);
    buf_reset(&out);
    feed(seam, &out, str("One two"), 1);
    cr_expect(dc_seam_pending(seam));
    buf_add_str(&out, dc_seam_decide(seam));
    expect_text(&out, "One two", "decided");
    cr_expect_not(dc_seam_pending(seam));
    dc_seam_free(seam);
    buf_finish(&out);
}

/* The same, but for the blanks between. */
Test(seam, equal_parts, .timeout = 20)
{
    struct buf kept, then, out;
    buf_init(&kept, 1 << 20);
    buf_init(&then, 1 << 20);
    for (int i = 0; i < 300; i++)
        buf_add_text(&kept, "0, ");
    for (int i = 0; i < 400; i++)
        buf_add_text(&then, "0,\n");
    struct dc_seam_report report = run(&out, kept.ptr, buf_str(&then), 5);
    cr_expect_eq(out.len, 1 + then.len, "%zu", out.len);
    cr_expect_eq(report.dropped, 0);
    buf_finish(&kept);
    buf_finish(&then);
    buf_finish(&out);
}

Test(seam, sent_and_names, .timeout = 20)
{
    static const struct {
        const char *kept;
        size_t sent;
    } rows[] = {
        {"", 0},
        {" \t\r\n", 0},
        {"a", 1},
        {"a \n\t", 1},
        {"a\xef\xbf\xbd", 1},
        {"a \xef\xbf\xbd\n", 1},
        {"\xef\xbf\xbd", 0},
        {"a\xef\xbf\xbd"
         "b",
         5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(dc_seam_sent(str(rows[i].kept)), rows[i].sent, "%zu", i);
    for (int rule = 0; rule < DC_SEAM_RULES; rule++) {
        cr_expect_gt(strlen(dc_seam_rule_name((enum dc_seam_rule)rule)), 2);
        cr_expect_gt(strlen(seam_rule((enum dc_seam_rule)rule)->why), 10);
    }
    cr_expect_str_eq(dc_seam_rule_name(DC_SEAM_RULES), "undecided");
    cr_expect_str_eq(dc_seam_rule_name(DC_SEAM_ECHO), "echo");
}
