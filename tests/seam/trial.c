/* Cuts texts into rounds, breaks them, and judges what the reader gets. */
#include "seam/trial.h"

#include <string.h>

#include "seam/breakage.h"
#include "seam/join.h"

enum {
    TEXT_MIN = 400, /* bytes of a text that is worth cutting */
    KEPT_MIN = 24,  /* bytes kept before the first cut */
    ROUNDS_MAX = 5,
    ROUND_MAX = 2000, /* bytes of a round, to be quick */
    TRIES = 40,       /* until a breakage fits */
    JOINED_MAX = 1 << 20,
};

enum verdict { EXACT, BOTH, WRONG };

/* True if no byte of the original is missing: what was there, and at the end
 * what is new, blanks included. */
static bool
all_there(const struct joint *j, struct dc_str joined)
{
    struct dc_str head = j->fixed ? joint_kept(j) : joint_sent(j);
    struct dc_str fresh = j->fixed ? joint_rest(j) : joint_new(j);
    struct dc_str words = text_behind_blanks(fresh);
    if (!text_begins(joined, head) || joined.len < head.len + words.len)
        return false;
    if (words.len == 0)
        return true;
    struct dc_str added = {joined.ptr + head.len, joined.len - head.len};
    struct dc_str blanks = {fresh.ptr, fresh.len - words.len};
    return text_ends(added, fresh) ||
           (text_begins(added, blanks) && text_ends(added, words));
}

static enum verdict
judge(const struct joint *j, struct dc_str joined)
{
    if (text_same(joined, (struct dc_str){j->text.ptr, j->end}))
        return EXACT;
    return all_there(j, joined) ? BOTH : WRONG;
}

static void
count(struct seam_row *row, enum verdict verdict)
{
    row->cases++;
    row->exact += verdict == EXACT;
    row->both += verdict == BOTH;
    row->wrong += verdict == WRONG;
}

static size_t
row_of(size_t breakage, const struct seam_round *r)
{
    if (r->twin)
        return seam_breakage_count;
    if (!r->weak)
        return breakage;
    for (size_t i = 0; i < seam_breakage_count; i++)
        if (seam_breakages[i].weak)
            return i;
    return breakage;
}

static void
tell(FILE *says, const char *what, struct dc_str text, size_t from)
{
    fprintf(says, "  %s\n", what);
    fprintf(says, "    [%.*s]\n", (int)(text.len - from), text.ptr + from);
}

static void
tell_all(FILE *says, uint64_t seed, const char *row, const struct joint *j,
         const struct seam_round *r, struct dc_str joined, const char *rule)
{
    fprintf(says, "seed %llu: %s: %s%s\n", (unsigned long long)seed, row, rule,
            j->fixed ? ", fixed" : "");
    size_t from = j->sent > 200 ? seam_boundary(j->text, j->sent - 200) : 0;
    struct dc_str then = buf_str(&r->then);
    then.len = then.len < 500 ? then.len : seam_boundary(then, 500);
    struct dc_str got = joined;
    got.len =
        got.len < j->sent + 500 ? got.len : seam_boundary(got, j->sent + 500);
    tell(says, "kept", buf_str(&r->kept), from);
    tell(says, "then", then, 0);
    tell(says, "got", got, from < got.len ? from : 0);
}

static const char *
row_name(size_t row)
{
    return row < seam_breakage_count ? seam_breakages[row].name
                                     : "end not unique";
}

/* Join this round, and count how it went. */
static void
run(struct seam_tally *tally, struct draw *d, size_t breakage,
    const struct joint *j, const struct seam_round *r, uint64_t seed,
    FILE *says)
{
    struct dc_seam_options options = {buf_str(&r->kept), j->fixed, r->form};
    struct seam_pieces pieces = {draw(d, 40), draw(d, 40), false};
    struct buf joined;
    buf_init(&joined, JOINED_MAX);
    struct dc_seam_report report =
        seam_join(&joined, &options, buf_str(&r->then), pieces);
    enum verdict verdict = judge(j, buf_str(&joined));
    size_t row = row_of(breakage, r);
    bool must = row < seam_breakage_count && seam_breakages[row].must;
    count(&tally->rows[row], verdict);
    if (says && (verdict == WRONG || (must && verdict != EXACT)))
        tell_all(says, seed, row_name(row), j, r, buf_str(&joined),
                 dc_seam_rule_name(report.rule));
    buf_finish(&joined);
}

static size_t
draw_breakage(struct draw *d)
{
    size_t all = 0, i = 0;
    for (size_t k = 0; k < seam_breakage_count; k++)
        all += seam_breakages[k].share;
    size_t n = draw(d, all);
    for (; n >= seam_breakages[i].share; i++)
        n -= seam_breakages[i].share;
    return i;
}

static void
round_init(struct seam_round *r)
{
    *r = (struct seam_round){.form = DC_FORM_LAST};
    buf_init(&r->kept, JOINED_MAX);
    buf_init(&r->then, JOINED_MAX);
}

static void
round_finish(struct seam_round *r)
{
    buf_finish(&r->kept);
    buf_finish(&r->then);
}

/* One round from the cut to the end, broken in a way that fits. */
static void
one_round(struct seam_tally *tally, struct draw *d, const struct joint *place,
          uint64_t seed, FILE *says)
{
    for (int i = 0; i < TRIES; i++) {
        struct joint j = *place;
        struct seam_round r;
        round_init(&r);
        size_t n = draw_breakage(d);
        bool fits = j.sent >= KEPT_MIN && seam_breakages[n].make(d, &j, &r);
        struct buf wrong_end = r.kept;
        buf_init(&r.kept, JOINED_MAX);
        buf_add_str(&r.kept, joint_kept(&j));
        buf_add_str(&r.kept, buf_str(&wrong_end));
        buf_finish(&wrong_end);
        if (fits)
            run(tally, d, n, &j, &r, seed, says);
        round_finish(&r);
        if (fits)
            return;
    }
}

static void
one_text(struct seam_tally *tally, const struct seam_files *texts,
         uint64_t seed, FILE *says)
{
    struct draw d = {seed * 0x2545f4914f6cdd1du};
    struct dc_str text = buf_str(&texts->items[draw(&d, texts->count)].text);
    if (text.len < TEXT_MIN)
        return;
    size_t rounds = 1 + draw(&d, ROUNDS_MAX - 1);
    size_t at = KEPT_MIN + draw(&d, text.len - TEXT_MIN / 2);
    for (size_t i = 0; i < rounds && at < text.len; i++) {
        struct joint j = {.text = text, .fixed = draw_one_in(&d, 4)};
        joint_cut(&j, seam_boundary(text, at));
        at = seam_boundary(text, j.cut + 1 + draw(&d, ROUND_MAX));
        j.end = at;
        if (j.cut < j.end)
            one_round(tally, &d, &j, seed, says);
    }
}

void
seam_trial(struct seam_tally *tally, const struct seam_files *texts,
           uint64_t first, size_t seeds, FILE *says)
{
    for (uint64_t seed = first; texts->count > 0 && seed < first + seeds;
         seed++)
        one_text(tally, texts, seed, says);
}

bool
seam_tally_good(const struct seam_tally *tally)
{
    for (size_t i = 0; i <= seam_breakage_count; i++) {
        const struct seam_row *row = &tally->rows[i];
        bool must = i < seam_breakage_count && seam_breakages[i].must;
        if (row->wrong > 0 || (must && row->exact < row->cases))
            return false;
    }
    return true;
}

bool
seam_tally_fair(const struct seam_tally *tally)
{
    size_t cases = 0, wrong = 0, both = 0;
    for (size_t i = 0; i <= seam_breakage_count; i++) {
        const struct seam_row *row = &tally->rows[i];
        bool must = i < seam_breakage_count && seam_breakages[i].must;
        if (must && row->wrong > 0)
            return false;
        cases += row->cases;
        wrong += row->wrong;
        both += must ? row->both : 0;
    }
    return cases > 0 && wrong <= cases / 1000 && both <= cases / 1000;
}
