/*
 * A block of added lines can often stand a few lines higher or lower without
 * making any difference to the text. Readers want it to begin behind an empty
 * line, at the outer indentation, and not with a closing brace.
 */
#include <string.h>

#include "base/buf.h"
#include "core/diff.h"

enum {
    SLIDE_MAX = 200, /* lines to either side */
    TAB = 8,
    DEEP = 80,   /* cells of indentation, counted at most */
    WEIGHT = 4,  /* of a cell */
    BEHIND = 10, /* an empty line before a place, or an end, speaks for it */
    CLOSING = 7, /* a line that ends the block above, against */
};

static bool
is_empty(struct dc_str line)
{
    return str_trim(line).len == 0;
}

static int
indent_of(struct dc_str line)
{
    int cells = 0;
    for (size_t i = 0; i < line.len && cells < DEEP; i++) {
        if (line.ptr[i] == '\t')
            cells += TAB - cells % TAB;
        else if (line.ptr[i] == ' ')
            cells++;
        else
            break;
    }
    return cells;
}

/* The nearest line with text, from line on in that direction; -1: none. */
static int
indent_near(const struct diff_side *side, size_t line, int direction)
{
    for (int i = 0; i < 20 && line < side->count; i++) {
        if (!is_empty(side->pieces[line]))
            return indent_of(side->pieces[line]);
        line += direction > 0 ? 1 : SIZE_MAX; /* below 0 is past the end */
    }
    return -1;
}

static bool
closes(struct dc_str line)
{
    line = str_trim(line);
    return line.len > 0 && strchr("})]", line.ptr[0]) != NULL;
}

/* How little one would cut before that line. */
static int
badness(const struct diff_side *side, size_t line)
{
    if (line == 0 || line >= side->count)
        return -BEHIND;
    int after = indent_near(side, line, 1);
    int before = indent_near(side, line - 1, -1);
    int bad = after > 0 ? WEIGHT * after : 0;
    bool brace = closes(side->pieces[line]);
    bool empty = is_empty(side->pieces[line - 1]);
    if (!brace && empty)
        bad -= BEHIND;
    else if (brace || (after >= 0 && after < before))
        bad += CLOSING;
    return bad;
}

struct block {
    const struct diff_side *side;
    size_t first, count;
    size_t floor, ceiling; /* the block stays between these lines */
};

static bool
may_rise(const struct block *b, size_t first)
{
    const size_t *ids = b->side->ids;
    return first > b->floor && ids[first - 1] == ids[first + b->count - 1];
}

static bool
may_sink(const struct block *b, size_t first)
{
    const size_t *ids = b->side->ids;
    return first + b->count < b->ceiling && ids[first] == ids[first + b->count];
}

static size_t
best_place(const struct block *b)
{
    size_t first = b->first, best = b->first;
    for (int i = 0; i < SLIDE_MAX && may_rise(b, first); i++)
        first--;
    int least = 0;
    bool any = false;
    for (int i = 0; i <= 2 * SLIDE_MAX; i++) {
        int bad = badness(b->side, first) + badness(b->side, first + b->count);
        if (!any || bad <= least) {
            best = first;
            least = bad;
        }
        any = true;
        if (!may_sink(b, first))
            break;
        first++;
    }
    return best;
}

/* One line in common stays between two hunks, and behind the last one of an
 * open comparison. */
static void
slide(const struct diff_side *side, struct dc_hunk *hunk,
      const struct dc_hunk *before, const struct dc_hunk *after, bool open)
{
    bool adds = hunk->old_count == 0;
    struct block b = {side, adds ? hunk->new_first : hunk->old_first,
                      adds ? hunk->new_count : hunk->old_count, 0,
                      side->count - open};
    if (before != NULL)
        b.floor = 1 + (adds ? before->new_first + before->new_count
                            : before->old_first + before->old_count);
    if (after != NULL)
        b.ceiling = (adds ? after->new_first : after->old_first) - 1;
    size_t first = best_place(&b);
    /* Unsigned, so that going up wraps around to the right place. */
    hunk->old_first += first - b.first;
    hunk->new_first += first - b.first;
}

void
diff_slide(const struct diff_side *old, const struct diff_side *new,
           struct dc_hunk *hunks, size_t count, bool open)
{
    for (size_t i = 0; i < count; i++) {
        struct dc_hunk *h = &hunks[i];
        bool last = i + 1 == count;
        if ((h->old_count > 0 && h->new_count > 0) ||
            (open && last && h->new_first + h->new_count == new->count))
            continue;
        slide(h->old_count == 0 ? new : old, h, i > 0 ? h - 1 : NULL,
              last ? NULL : h + 1, open && last);
    }
}
