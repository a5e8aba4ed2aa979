/* Updates of a proposal merge to exactly the proposal: at every size of piece,
 * whatever fits into one, and however often one must be made again. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
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
