/*
 * The joints of the corpus (tests/data/seams), each with its continuation cut
 * at every character.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "deepchat.h"
#include "seam/cases.h"
#include "seam/join.h"

enum { CASES_MIN = 150, NEAR_MIN = 50 };

static struct dc_seam_options
options_of(const struct seam_case *c)
{
    return (struct dc_seam_options){buf_str(&c->kept), c->fixed, c->form};
}

/* What the case gives in these pieces; prints what is not as it should be. */
static bool
holds(const struct seam_case *c, struct seam_pieces pieces)
{
    struct dc_seam_options options = options_of(c);
    struct buf joined;
    buf_init(&joined, 1 << 20);
    struct dc_seam_report report =
        seam_join(&joined, &options, buf_str(&c->then), pieces);
    bool right = seam_case_right(c, buf_str(&joined));
    bool allowed = seam_case_allows(c, report.rule);
    if (!right)
        fprintf(stderr, "%s: %zu+%zu: gives\n%.*s\n", c->place, pieces.first,
                pieces.step, (int)joined.len, joined.ptr);
    if (!allowed)
        fprintf(stderr, "%s: %zu+%zu: %s, not %s\n", c->place, pieces.first,
                pieces.step, dc_seam_rule_name(report.rule), c->rules);
    buf_finish(&joined);
    return right && allowed;
}

/* In every two pieces, in single characters, and in one. */
static bool
holds_cut(const struct seam_case *c)
{
    struct dc_str then = buf_str(&c->then);
    if (!holds(c, (struct seam_pieces){0}) ||
        !holds(c, (struct seam_pieces){1, 1, false}))
        return false;
    for (size_t at = 1; at < then.len; at = seam_boundary(then, at + 1))
        if (!holds(c, (struct seam_pieces){.first = at}))
            return false;
    return true;
}

Test(seam_corpus, every_cut, .timeout = 120)
{
    struct seam_cases cases = seam_cases_read("tests/data/seams");
    cr_assert(!cases.trouble, "%s", cases.trouble);
    cr_assert_geq(cases.count, CASES_MIN);
    cr_assert_geq(cases.near, NEAR_MIN);
    size_t wrong = 0;
    for (size_t i = 0; i < cases.count; i++)
        wrong += !holds_cut(&cases.items[i]);
    seam_cases_free(&cases);
    cr_assert_eq(wrong, 0, "%zu cases", wrong);
}

/* True if joined begins with head and ends with what gives has behind it. */
static bool
keeps_all(const struct seam_case *c, struct dc_str joined)
{
    size_t head = c->fixed ? c->kept.len : dc_seam_sent(buf_str(&c->kept));
    struct dc_str rest = {c->gives.ptr + head, c->gives.len - head};
    while (rest.len > 0 && strchr(" \t\r\n", *rest.ptr))
        rest = (struct dc_str){rest.ptr + 1, rest.len - 1};
    return joined.len >= head + rest.len &&
           memcmp(joined.ptr, c->kept.ptr, head) == 0 &&
           memcmp(joined.ptr + joined.len - rest.len, rest.ptr, rest.len) == 0;
}

/* When the time is over too early there may be text twice, but all is there. */
static bool
loses_nothing(const struct seam_case *c, size_t at)
{
    struct dc_seam_options options = options_of(c);
    struct buf joined;
    buf_init(&joined, 1 << 20);
    seam_join(&joined, &options, buf_str(&c->then),
              (struct seam_pieces){.first = at, .decide = true});
    bool kept = keeps_all(c, buf_str(&joined));
    if (!kept)
        fprintf(stderr, "%s: decided at %zu: gives\n%.*s\n", c->place, at,
                (int)joined.len, joined.ptr);
    buf_finish(&joined);
    return kept;
}

Test(seam_corpus, decided_early, .timeout = 120)
{
    struct seam_cases cases = seam_cases_read("tests/data/seams");
    size_t wrong = 0;
    for (size_t i = 0; i < cases.count; i++) {
        const struct seam_case *c = &cases.items[i];
        struct dc_str then = buf_str(&c->then);
        for (size_t at = 1; at < then.len; at = seam_boundary(then, at + 1))
            if (!loses_nothing(c, at)) {
                wrong++;
                break;
            }
    }
    seam_cases_free(&cases);
    cr_assert_eq(wrong, 0, "%zu cases", wrong);
}

/* Characters that come one by one are in doubt no longer than is allowed. */
static bool
waits_too_long(const struct seam_case *c)
{
    struct dc_seam_options options = options_of(c);
    struct dc_seam *seam = dc_seam_new(&options);
    struct dc_str then = buf_str(&c->then);
    bool late = false;
    for (size_t at = 0; at < then.len && !late;) {
        size_t next = seam_boundary(then, at + 1);
        dc_seam_add(seam, (struct dc_str){then.ptr + at, next - at}, false);
        late = next > DC_SEAM_HOLD && dc_seam_pending(seam);
        at = next;
    }
    dc_seam_add(seam, (struct dc_str){"", 0}, true);
    bool left = dc_seam_pending(seam);
    dc_seam_free(seam);
    if (late || left)
        fprintf(stderr, "%s: %s\n", c->place, late ? "waits" : "is left over");
    return late || left;
}

Test(seam_corpus, held_back, .timeout = 60)
{
    struct seam_cases cases = seam_cases_read("tests/data/seams");
    size_t wrong = 0, longer = 0;
    for (size_t i = 0; i < cases.count; i++) {
        wrong += waits_too_long(&cases.items[i]);
        longer += cases.items[i].then.len > DC_SEAM_HOLD;
    }
    seam_cases_free(&cases);
    cr_assert_eq(wrong, 0, "%zu cases", wrong);
    cr_assert_gt(longer, 0);
}
