/* Updates of a proposal merge to exactly the proposal: at every size of piece,
 * whatever fits into one, and however often one must be made again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "host/proposal.h"
#include "lib/hunk_model.h"

/* clang-format off */
static const struct {
    const char *title, *text, *head, *tail, *reply;
    const char *proposal; /* whole lines; NULL: what reply says */
    size_t hunks;
} cases[] = {
    {"one line", "a\n", "", "", "b\n", NULL, 1},
    {"two apart", "a\nb\nc\nd\ne\nf\ng\n", "", "", "a\nB\nc\nd\ne\nF\ng\n",
     NULL, 2},
    {"more lines", "one\ntwo\nthree\n", "", "",
     "one\none and a half\ntwo\ntwo and a half\nthree\nfour\n", NULL, 3},
    {"fewer lines", "one\ntwo\nthree\nfour\nfive\n", "", "", "one\nfive\n",
     NULL, 1},
    {"all new", "one\ntwo\nthree\n", "", "", "uno\ndos\ntres\ncuatro\n", NULL,
     1},
    {"nothing new", "one\ntwo\n", "", "", "one\ntwo\n", NULL, 0},
    {"wide", "f\xc3\xbcr\n\xe4\xb8\xad\xe6\x96\x87\n", "", "",
     "f\xc3\xa4r\n\xe4\xb8\xad\xe6\x96\x87!\n", NULL, 1},
    {"CRs stay", "one\r\ntwo\r\nthree\r\n", "", "",
     "one\r\nTWO\r\nthree\r\n", NULL, 1},
    {"characters", "b(c, d)", "a = ", ";", "b(d, c)", "a = b(d, c);\n", 1},
    {"characters of two lines", "if (x)\n    y", "  ", "();", "if (z)\n    y",
     "  if (z)\n    y();\n", 1},
    {"characters that become lines", "one", "<", ">", "one\ntwo\nthree",
     "<one\ntwo\nthree>\n", 1},
    {"empty lines", "a\n\n\nb\n", "", "", "a\n\nx\n\nb\n", NULL, 1},
};
/* clang-format on */

static struct dc_selection
selection_of(size_t c)
{
    return (struct dc_selection){
        .text = str_of(cases[c].text),
        .head = str_of(cases[c].head),
        .tail = str_of(cases[c].tail),
        .instruction = str_of("change it"),
    };
}

static void
init_model(struct hunk_model *m, const struct dc_selection *s)
{
    struct buf old;
    buf_init(&old, DC_REQUEST_MAX);
    buf_add_str(&old, s->head);
    buf_add_str(&old, s->text);
    buf_add_str(&old, s->tail);
    if (old.ptr[old.len - 1] != '\n')
        buf_add_byte(&old, '\n');
    hunk_model_init(m, old.ptr);
    buf_finish(&old);
}

/* The last line is not decided before its end. */
static void
expect_beginning(const struct hunk_model *m, const char *whole)
{
    char *text = hunk_model_text(m, m->covered);
    cr_expect_eq(strncmp(whole, text, strlen(text)), 0, "\"%s\" of \"%s\"",
                 text, whole);
    free(text);
}

/* Half of a hunk is not compared by words. */
static void
expect_no_marks(const struct hunk_model *m)
{
    const struct value *last = value_at(m->hunks, m->hunks->count - 1);
    bool open = value_as_int(value_at(last, 0), 0) == m->covered;
    for (size_t side = 3; side <= 4; side++)
        cr_expect(!open || value_at(last, side)->count == 0);
}

/* Tell the model all there is, each update again times before it is taken. */
static void
tell(struct proposal *p, struct hunk_model *m, size_t room, int again,
     const char *whole)
{
    while (proposal_news(p)) {
        size_t used = 0;
        struct value *update = proposal_update(p, 7, room, &used), *same;
        if (update == NULL)
            break;
        cr_expect_gt(used, 0);
        for (int i = 0; i < again; i++) {
            same = proposal_update(p, 7, room * 2, &used);
            cr_expect_eq(value_as_int(value_at(same, 1), -1),
                         value_as_int(value_at(update, 1), -2));
            value_free(update);
            update = same;
        }
        hunk_model_merge(m, update);
        expect_beginning(m, whole);
        if (proposal_more(p))
            expect_no_marks(m);
        value_free(update);
        proposal_told(p);
    }
}

static void
run(size_t c, size_t piece, size_t room, int again)
{
    struct dc_selection selection = selection_of(c);
    const char *reply = cases[c].reply;
    const char *whole = cases[c].proposal != NULL ? cases[c].proposal : reply;
    struct proposal *p = proposal_new(&selection);
    struct hunk_model m;
    init_model(&m, &selection);
    for (size_t at = 0, len = strlen(reply); at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        proposal_add(p, (struct dc_str){reply + at, n});
        tell(p, &m, room, again, whole);
    }
    proposal_end(p, true);
    tell(p, &m, room, again, whole);
    char *text = hunk_model_text(&m, -1);
    cr_expect_str_eq(text, whole, "%s, pieces of %zu, room for %zu",
                     cases[c].title, piece, room);
    cr_expect_eq(m.hunks->count, cases[c].hunks, "%s: %zu hunks",
                 cases[c].title, m.hunks->count);
    cr_expect_eq(proposal_hunks(p), cases[c].hunks);
    cr_expect(m.hunks->count == 0 || (size_t)m.covered == m.old->count);
    free(text);
    hunk_model_finish(&m);
    proposal_free(p);
}

Test(proposal, every_case_at_every_split, .timeout = 60)
{
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
        for (size_t piece = 1; piece <= strlen(cases[c].reply); piece++) {
            run(c, piece, 100000, 0);
            run(c, piece, 1, 1);
        }
}

/* ---- texts by chance ---- */

struct chance {
    uint32_t state;
};

static size_t
draw(struct chance *c, size_t below)
{
    c->state = c->state * 1664525u + 1013904223u;
    return (size_t)(c->state >> 8) % below;
}

static void
add_line(struct buf *out, struct chance *c)
{
    static const char *const words[] = {"if",  "x",      "return", "(a)",
                                        "{",   "}",      "",       "\xc3\xa4",
                                        "end", "x += 1", ";",      "\t"};
    buf_add_text(out, "  ");
    for (size_t n = draw(c, 4); n-- > 0;)
        buf_add_text(out, words[draw(c, sizeof words / sizeof *words)]);
    buf_add_text(out, "x\n");
}

/* Lines that are kept, changed, left out or added. */
static void
edit_lines(struct buf *out, const char *old, struct chance *c)
{
    for (const char *end; (end = strchr(old, '\n')) != NULL; old = end + 1) {
        size_t what = draw(c, 12);
        if (what < 2)
            add_line(out, c);
        if (what != 1 && what != 3)
            buf_add(out, old, (size_t)(end - old) + 1);
    }
    add_line(out, c);
}

/* Feed it in pieces, tell now and then, be cut and go on now and then. */
static void
play(struct proposal *p, struct hunk_model *m, const char *reply,
     struct chance *c)
{
    for (size_t at = 0, len = strlen(reply); at < len;) {
        size_t n = 1 + draw(c, 40);
        n = n < len - at ? n : len - at;
        proposal_add(p, (struct dc_str){reply + at, n});
        at += n;
        if (draw(c, 3) == 0)
            tell(p, m, 1 + draw(c, 200), (int)draw(c, 2), reply);
        if (draw(c, 20) == 0) {
            proposal_end(p, false);
            tell(p, m, 1 + draw(c, 200), 0, reply);
            at -= draw(c, n + 1);
            proposal_again(p, at);
        }
    }
}

static void
by_chance(uint32_t seed)
{
    struct chance c = {seed};
    struct buf old, new;
    buf_init(&old, DC_REQUEST_MAX);
    buf_init(&new, DC_REQUEST_MAX);
    for (size_t n = 1 + draw(&c, 60); n-- > 0;)
        add_line(&old, &c);
    edit_lines(&new, old.ptr, &c);
    struct dc_selection selection = {.text = buf_str(&old),
                                     .instruction = str_of("change it")};
    struct proposal *p = proposal_new(&selection);
    struct hunk_model m;
    init_model(&m, &selection);
    play(p, &m, new.ptr, &c);
    proposal_end(p, true);
    tell(p, &m, 1 + draw(&c, 200), 0, new.ptr);
    char *text = hunk_model_text(&m, -1);
    cr_expect_str_eq(text, new.ptr, "seed %u", (unsigned)seed);
    free(text);
    hunk_model_finish(&m);
    proposal_free(p);
    buf_finish(&old);
    buf_finish(&new);
}

Test(proposal, by_chance, .timeout = 60)
{
    for (uint32_t seed = 1; seed <= 300; seed++)
        by_chance(seed);
}

/* ---- a text that is another one all at once ---- */

/* Tell what there is, without looking at what it says. */
static void
tell_any(struct proposal *p, struct hunk_model *m)
{
    struct value *update;
    size_t used = 0;
    while (proposal_news(p) &&
           (update = proposal_update(p, 1, 1000, &used)) != NULL) {
        hunk_model_merge(m, update);
        value_free(update);
        proposal_told(p);
    }
}

/* The new text is known by now: only what is added to it is told. */
static void
expect_further(struct proposal *p, struct hunk_model *m)
{
    size_t used = 0;
    proposal_add(p, str_of("d\nE\n"));
    struct value *update = proposal_update(p, 1, 1000, &used);
    cr_assert_not_null(update);
    cr_expect_gt(value_as_int(value_at(update, 2), 0), 0);
    hunk_model_merge(m, update);
    value_free(update);
    proposal_told(p);
}

/* What came before a stray end of thinking is no part of the text, nor is what
 * came before an answer that begins anew: known or on its way. */
static void
start_over(bool on_its_way, bool anew)
{
    struct dc_selection selection = {.text = str_of("a\nb\nc\nd\ne\n"),
                                     .instruction = str_of("change it")};
    struct proposal *p = proposal_new(&selection);
    struct hunk_model m;
    size_t used = 0;
    init_model(&m, &selection);
    proposal_add(p, str_of("a\nQ\nR\nc\n"));
    struct value *update = proposal_update(p, 1, 1000, &used);
    cr_assert_not_null(update);
    if (!on_its_way)
        proposal_told(p);
    if (anew)
        proposal_again(p, 0);
    proposal_add(p, str_of(anew ? "a\nB\nc\n" : "</think>\na\nB\nc\n"));
    hunk_model_merge(&m, update);
    value_free(update);
    if (on_its_way)
        proposal_told(p);
    tell_any(p, &m);
    expect_further(p, &m);
    proposal_end(p, true);
    tell_any(p, &m);
    char *text = hunk_model_text(&m, -1);
    cr_expect_str_eq(text, "a\nB\nc\nd\nE\n", "on its way %d, anew %d",
                     on_its_way, anew);
    free(text);
    hunk_model_finish(&m);
    proposal_free(p);
}

/* Words are marked once nothing can change the hunk any more, though its lines
 * stay as they are. */
Test(proposal, marks, .timeout = 10)
{
    struct dc_selection selection = {.text = str_of("int x = 1;\nb\nc\n"),
                                     .instruction = str_of("change it")};
    struct proposal *p = proposal_new(&selection);
    struct hunk_model m;
    init_model(&m, &selection);
    proposal_add(p, str_of("int x = 2;\n"));
    tell_any(p, &m);
    for (int i = 0; i < 2; i++) {
        const struct value *hunk = value_at(m.hunks, 0);
        for (size_t side = 3; side <= 4 && hunk != NULL; side++) {
            const struct value *mark = value_at(value_at(hunk, side), 0);
            cr_expect_eq(mark != NULL, i == 1);
            cr_expect_eq(value_as_int(value_at(mark, 1), 8), 8);
            cr_expect_eq(value_as_int(value_at(mark, 2), 9), 9);
        }
        cr_expect(hunk != NULL || i == 0);
        proposal_add(p, str_of("b\n"));
        tell_any(p, &m);
    }
    hunk_model_finish(&m);
    proposal_free(p);
}

Test(proposal, starts_over, .timeout = 10)
{
    for (int i = 0; i < 4; i++)
        start_over(i / 2, i % 2);
}

/* ---- limits ---- */

static void
add_lines(struct buf *out, size_t count)
{
    buf_init(out, DC_REQUEST_MAX);
    for (size_t i = 0; i < count; i++)
        buf_addf(out, "line %zu\n", i);
}

static bool
has_live_news(size_t old_lines, size_t new_lines)
{
    struct buf old, new;
    add_lines(&old, old_lines);
    add_lines(&new, new_lines);
    buf_add_text(&new, "x\ny\nz\n");
    struct dc_selection selection = {.text = buf_str(&old),
                                     .instruction = str_of("change it")};
    struct proposal *p = proposal_new(&selection);
    size_t used = 0;
    proposal_add(p, buf_str(&new));
    struct value *update =
        proposal_news(p) ? proposal_update(p, 1, 1000, &used) : NULL;
    bool live = update != NULL;
    value_free(update);
    cr_expect_eq(proposal_news(p), live);
    proposal_end(p, true);
    cr_expect(proposal_news(p));
    proposal_free(p);
    buf_finish(&old);
    buf_finish(&new);
    return live;
}

Test(proposal, live_limits, .timeout = 10)
{
    cr_expect(has_live_news(PROPOSAL_OLD_MAX, 400));
    cr_expect_not(has_live_news(PROPOSAL_OLD_MAX + 1, 400));
    cr_expect(has_live_news(100, PROPOSAL_NEW_MAX - 10));
    cr_expect_not(has_live_news(100, PROPOSAL_NEW_MAX + 10));
}
