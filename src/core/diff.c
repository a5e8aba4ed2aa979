/*
 * The face of diff: an old text that is prepared once, new ones that come and
 * go, and hunks read off the lines that have no counterpart.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/diff.h"

enum { COST = 256 };

struct dc_diff {
    size_t cost;

    char *old_text;
    struct buf new_text;
    struct diff_side old, new;
    struct diff_table table;
    size_t covered;

    struct dc_hunk *hunks;
    size_t count;
    size_t cap;

    struct diff_marks marks;
};

struct dc_diff *
dc_diff_new(struct dc_str old, size_t cost)
{
    struct dc_diff *diff = mem_alloc(sizeof *diff);
    diff->cost = cost > 0 ? cost : COST;
    diff->old_text = mem_copy(old.ptr, old.len);
    buf_init(&diff->new_text, SIZE_MAX / 4);
    diff_side_lines(&diff->old, (struct dc_str){diff->old_text, old.len});
    diff_table_old(&diff->table, &diff->old);
    return diff;
}

void
dc_diff_free(struct dc_diff *diff)
{
    if (diff == NULL)
        return;
    free(diff->old_text);
    buf_finish(&diff->new_text);
    diff_side_finish(&diff->old);
    diff_side_finish(&diff->new);
    diff_table_finish(&diff->table);
    free(diff->hunks);
    diff_marks_finish(&diff->marks);
    free(diff);
}

static void
add_hunk(struct dc_diff *diff, struct dc_hunk hunk)
{
    if (diff->count == diff->cap) {
        diff->cap = diff->cap > 0 ? 2 * diff->cap : 8;
        diff->hunks = mem_resize(diff->hunks, diff->cap, sizeof *diff->hunks);
    }
    diff->hunks[diff->count++] = hunk;
}

static size_t
changed_run(const struct diff_side *side, size_t from, size_t end)
{
    size_t n = from;
    while (n < end && side->changed[n])
        n++;
    return n - from;
}

static void
gather(struct dc_diff *diff)
{
    size_t i = 0, j = 0;
    diff->count = 0;
    while (i < diff->covered || j < diff->new.count) {
        struct dc_hunk h = {i, changed_run(&diff->old, i, diff->covered), j,
                            changed_run(&diff->new, j, diff->new.count)};
        if (h.old_count + h.new_count > 0)
            add_hunk(diff, h);
        /* Behind a hunk both sides are equal for a line, or at their ends. */
        i += h.old_count + 1;
        j += h.new_count + 1;
    }
}

/* The last hunk of an open comparison must not remove lines that may still
 * come; and the lines that it adds may be the very next old ones. */
static void
open_end(struct dc_diff *diff)
{
    if (diff->count == 0)
        return;
    struct dc_hunk *last = &diff->hunks[diff->count - 1];
    if (last->new_first + last->new_count < diff->new.count)
        return;
    diff->covered = last->old_first;
    last->old_count = 0;
    while (last->new_count > 0 && diff->covered < diff->old.count &&
           diff->old.ids[diff->covered] == diff->new.ids[last->new_first]) {
        last->new_count--;
        last->new_first++;
        last->old_first++;
        diff->covered++;
    }
    diff->count -= last->new_count == 0;
}

const struct dc_hunk *
dc_diff_run(struct dc_diff *diff, struct dc_str text, bool partial,
            size_t *count)
{
    while (partial && text.len > 0 && text.ptr[text.len - 1] != '\n')
        text.len--;
    buf_reset(&diff->new_text);
    buf_add_str(&diff->new_text, text);
    diff_side_lines(&diff->new, buf_str(&diff->new_text));
    diff_table_new(&diff->table, &diff->old, &diff->new);
    diff->covered = diff->old.count;
    if (partial)
        diff->covered = diff_cover(&diff->old, &diff->new, diff->cost);
    diff_path(&diff->old, diff->covered, &diff->new, diff->cost);
    gather(diff);
    if (partial)
        open_end(diff);
    struct diff_side seen = diff->old;
    seen.count = diff->covered;
    diff_slide(&seen, &diff->new, diff->hunks, diff->count, partial);
    diff->marks.found = false;
    *count = diff->count;
    return diff->hunks;
}

size_t
dc_diff_covered(const struct dc_diff *diff)
{
    return diff->covered;
}

static const struct diff_side *
side_of(const struct dc_diff *diff, enum dc_side side)
{
    return side == DC_OLD ? &diff->old : &diff->new;
}

size_t
dc_diff_lines(const struct dc_diff *diff, enum dc_side side)
{
    return side_of(diff, side)->count;
}

struct dc_str
dc_diff_line(const struct dc_diff *diff, enum dc_side side, size_t line)
{
    const struct diff_side *s = side_of(diff, side);
    return line < s->count ? s->pieces[line] : (struct dc_str){NULL, 0};
}

const struct dc_mark *
dc_diff_marks(struct dc_diff *diff, const struct dc_hunk *hunk,
              enum dc_side side, size_t *count)
{
    diff_marks_find(&diff->marks, &diff->old, &diff->new, hunk);
    *count = diff->marks.counts[side];
    return diff->marks.marks[side];
}

static void
add_lines(struct buf *out, const struct diff_side *side, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        buf_add_str(out, side->pieces[i]);
}

char *
dc_diff_apply(const struct dc_diff *diff, const bool *taken, size_t *len)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 4);
    size_t at = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct dc_hunk *h = &diff->hunks[i];
        if (taken != NULL && !taken[i])
            continue;
        add_lines(&out, &diff->old, at, h->old_first);
        add_lines(&out, &diff->new, h->new_first, h->new_first + h->new_count);
        at = h->old_first + h->old_count;
    }
    add_lines(&out, &diff->old, at, diff->old.count);
    return buf_take(&out, len);
}
