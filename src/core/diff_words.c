/*
 * What changed inside the lines of a hunk. An old line and a new one belong
 * together if they have enough words in common; in small hunks the best such
 * pairing in order is found, in large ones the lines are taken as they stand.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diff.h"

enum {
    COST = 64,
    LINE_MAX_BYTES = 16384,   /* longer lines are compared from their ends, */
    HUNK_MAX_BYTES = 1 << 18, /* and all behind so much of a hunk */
    LIKE = 40,                /* percent in common that make a pair */
    PAIRS_MAX = 10, /* lines of a side that are tried with each other */
};

void
diff_marks_finish(struct diff_marks *marks)
{
    diff_side_finish(&marks->old_words);
    diff_side_finish(&marks->new_words);
    diff_table_finish(&marks->table);
    for (int side = 0; side < 2; side++)
        free(marks->marks[side]);
    *marks = (struct diff_marks){0};
}

static void
add_mark(struct diff_marks *m, int side, struct dc_mark mark)
{
    if (m->counts[side] == m->caps[side]) {
        m->caps[side] = m->caps[side] > 0 ? 2 * m->caps[side] : 8;
        m->marks[side] =
            mem_resize(m->marks[side], m->caps[side], sizeof *m->marks[side]);
    }
    m->marks[side][m->counts[side]++] = mark;
}

static struct dc_str
without_end(struct dc_str line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\n')
        line.len--;
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return line;
}

static bool
is_blank(struct dc_str word)
{
    return word.ptr[0] == ' ' || word.ptr[0] == '\t';
}

/* Bytes that are not blank, all of them or only the unchanged ones. */
static size_t
weight(const struct diff_side *words, bool all)
{
    size_t bytes = 0;
    for (size_t i = 0; i < words->count; i++)
        if (!is_blank(words->pieces[i]) && (all || !words->changed[i]))
            bytes += words->pieces[i].len;
    return bytes;
}

/* Compare two lines by words; returns how much they have in common, in
 * percent. */
static size_t
compare(struct diff_marks *m, struct dc_str old, struct dc_str new)
{
    diff_side_words(&m->old_words, old);
    diff_side_words(&m->new_words, new);
    diff_table_old(&m->table, &m->old_words);
    diff_table_new(&m->table, &m->old_words, &m->new_words);
    diff_path(&m->old_words, m->old_words.count, &m->new_words, COST);
    size_t all = weight(&m->old_words, true) + weight(&m->new_words, true);
    return all == 0 ? 100 : 200 * weight(&m->old_words, false) / all;
}

/* Changed words with nothing but blanks between them make one mark. */
static void
mark_words(struct diff_marks *m, int side, size_t line)
{
    const struct diff_side *w = side == DC_OLD ? &m->old_words : &m->new_words;
    struct dc_mark mark = {line, 0, 0};
    size_t at = 0;
    bool any = false, bridge = false;
    for (size_t i = 0; i < w->count; i++) {
        size_t end = at + w->pieces[i].len;
        if (w->changed[i] && !bridge) {
            if (any)
                add_mark(m, side, mark);
            mark.from = at;
            any = bridge = true;
        }
        if (w->changed[i])
            mark.to = end;
        else if (!is_blank(w->pieces[i]))
            bridge = false;
        at = end;
    }
    if (any)
        add_mark(m, side, mark);
}

static bool
inside_character(struct dc_str s, size_t at)
{
    return at < s.len && ((unsigned char)s.ptr[at] & 0xc0) == 0x80;
}

/* An old line and the new one that it became. */
struct pair {
    struct dc_str text[2];
    size_t line[2]; /* in the hunk */
};

static void
mark_ends(struct diff_marks *m, const struct pair *p)
{
    struct dc_str old = p->text[DC_OLD], new = p->text[DC_NEW];
    size_t head = 0, tail = 0, most = old.len < new.len ? old.len : new.len;
    while (head < most && old.ptr[head] == new.ptr[head])
        head++;
    while (head > 0 &&
           (inside_character(old, head) || inside_character(new, head)))
        head--;
    while (tail < most - head &&
           old.ptr[old.len - tail - 1] == new.ptr[new.len - tail - 1])
        tail++;
    while (tail > 0 && (inside_character(old, old.len - tail) ||
                        inside_character(new, new.len - tail)))
        tail--;
    for (int side = DC_OLD; side <= DC_NEW; side++) {
        size_t end = p->text[side].len - tail;
        if (head < end)
            add_mark(m, side, (struct dc_mark){p->line[side], head, end});
    }
}

static void
mark_pair(struct diff_marks *m, const struct pair *p)
{
    if (p->text[DC_OLD].len > LINE_MAX_BYTES ||
        p->text[DC_NEW].len > LINE_MAX_BYTES) {
        mark_ends(m, p);
    } else if (compare(m, p->text[DC_OLD], p->text[DC_NEW]) >= LIKE) {
        mark_words(m, DC_OLD, p->line[DC_OLD]);
        mark_words(m, DC_NEW, p->line[DC_NEW]);
    }
}

struct lines {
    const struct dc_str *old, *new;
    size_t old_count, new_count;
};

static struct pair
pair_of(const struct lines *l, size_t i, size_t j)
{
    return (struct pair){{without_end(l->old[i]), without_end(l->new[j])},
                         {i, j}};
}

static size_t
likeness(struct diff_marks *m, const struct lines *l, size_t i, size_t j)
{
    struct pair p = pair_of(l, i, j);
    size_t like = compare(m, p.text[DC_OLD], p.text[DC_NEW]);
    return like >= LIKE ? like : 0;
}

/* best[i][j]: the most that old lines from i and new ones from j can have in
 * common. */
static void
pair_best(struct diff_marks *m, const struct lines *l)
{
    size_t like[PAIRS_MAX][PAIRS_MAX];
    size_t best[PAIRS_MAX + 1][PAIRS_MAX + 1] = {0};
    for (size_t i = l->old_count; i-- > 0;) {
        for (size_t j = l->new_count; j-- > 0;) {
            size_t down = best[i + 1][j], right = best[i][j + 1];
            like[i][j] = likeness(m, l, i, j);
            best[i][j] = best[i + 1][j + 1] + like[i][j];
            if (best[i][j] < down)
                best[i][j] = down;
            if (best[i][j] < right)
                best[i][j] = right;
        }
    }
    size_t i = 0, j = 0;
    while (i < l->old_count && j < l->new_count) {
        bool pair = best[i][j] == best[i + 1][j + 1] + like[i][j];
        struct pair p = pair_of(l, i, j);
        if (pair && like[i][j] > 0)
            mark_pair(m, &p);
        bool down = pair || best[i][j] == best[i + 1][j];
        i += down;
        j += pair || !down;
    }
}

static void
pair_straight(struct diff_marks *m, const struct lines *l)
{
    size_t bytes = 0;
    for (size_t i = 0; i < l->old_count && i < l->new_count; i++) {
        struct pair p = pair_of(l, i, i);
        bytes += p.text[DC_OLD].len + p.text[DC_NEW].len;
        if (bytes <= HUNK_MAX_BYTES)
            mark_pair(m, &p);
        else
            mark_ends(m, &p);
    }
}

static bool
is_small(const struct lines *l)
{
    size_t bytes = 0;
    if (l->old_count > PAIRS_MAX || l->new_count > PAIRS_MAX)
        return false;
    for (size_t i = 0; i < l->old_count; i++)
        bytes += l->old[i].len;
    for (size_t i = 0; i < l->new_count; i++)
        bytes += l->new[i].len;
    return bytes <= 4096;
}

void
diff_marks_find(struct diff_marks *marks, const struct diff_side *old,
                const struct diff_side *new, const struct dc_hunk *hunk)
{
    const struct dc_hunk *was = &marks->hunk;
    if (marks->found && was->old_first == hunk->old_first &&
        was->old_count == hunk->old_count &&
        was->new_first == hunk->new_first && was->new_count == hunk->new_count)
        return;
    marks->hunk = *hunk;
    marks->found = true;
    marks->counts[DC_OLD] = marks->counts[DC_NEW] = 0;
    if (hunk->old_count == 0 || hunk->new_count == 0)
        return;
    struct lines l = {old->pieces + hunk->old_first,
                      new->pieces + hunk->new_first, hunk->old_count,
                      hunk->new_count};
    if (is_small(&l))
        pair_best(marks, &l);
    else
        pair_straight(marks, &l);
}
