/* The recovery table: every breakage, and the near misses of the corpus. */
#include "seam/report.h"

#include "seam/breakage.h"
#include "seam/cases.h"
#include "seam/join.h"

enum { NAME_WIDTH = 40, JOINED_MAX = 1 << 20 };

static void
add_row(struct buf *table, const char *name, const struct seam_row *row)
{
    buf_addf(table, "| %-*s | %6zu | %6zu | %9zu | %11zu |\n", NAME_WIDTH, name,
             row->cases, row->exact, row->both, row->wrong);
}

static void
add_head(struct buf *table)
{
    buf_addf(table, "| %-*s | %6s | %6s | %9s | %11s |\n", NAME_WIDTH,
             "how the server went on", "cases", "exact", "kept both",
             "wrong trims");
    buf_addf(table, "|%.*s|-------:|-------:|----------:|------------:|\n",
             NAME_WIDTH + 2,
             "--------------------------------------------"
             "--------------------");
}

/* A case of the corpus is exact, or its continuation lost something. */
static void
count_case(struct seam_row *row, const struct seam_case *c)
{
    struct dc_seam_options options = {buf_str(&c->kept), c->fixed, c->form};
    struct buf joined;
    buf_init(&joined, JOINED_MAX);
    seam_join(&joined, &options, buf_str(&c->then), (struct seam_pieces){0});
    bool right = seam_case_right(c, buf_str(&joined));
    bool more = !right && joined.len > c->gives.len;
    row->cases++;
    row->exact += right;
    row->both += more;
    row->wrong += !right && !more;
    buf_finish(&joined);
}

static bool
add_corpus(struct buf *table)
{
    struct seam_row near = {0}, others = {0};
    struct seam_cases cases = seam_cases_read("tests/data/seams");
    for (size_t i = 0; i < cases.count; i++)
        count_case(cases.items[i].near ? &near : &others, &cases.items[i]);
    add_row(table, "corpus: near misses, to be left alone", &near);
    add_row(table, "corpus: all others", &others);
    bool good = cases.count > 0 && near.exact == near.cases &&
                others.exact == others.cases && !cases.trouble;
    seam_cases_free(&cases);
    return good;
}

bool
seam_report(struct buf *table, FILE *says)
{
    struct seam_tally tally = {0};
    struct seam_files texts = seam_files_read("tests/data/texts", ".txt");
    seam_trial(&tally, &texts, 1, SEAM_SEEDS, says);
    add_head(table);
    for (size_t i = 0; i < seam_breakage_count; i++)
        add_row(table, seam_breakages[i].name, &tally.rows[i]);
    add_row(table, "any of them, where the end is not unique",
            &tally.rows[seam_breakage_count]);
    bool good = add_corpus(table) && texts.count > 0 && seam_tally_good(&tally);
    seam_files_free(&texts);
    return good;
}
