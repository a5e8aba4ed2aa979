/*
 * The shortest way from one row of pieces to the other (Myers 1986, the variant
 * in linear space): search from both ends of a box until the two meet in the
 * middle of a best way, then do the same on both sides of that point. Pieces
 * without a counterpart are taken out before; that changes no answer, and is
 * most of the work where texts have little in common.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "core/diff.h"

/* A row without its lonely pieces. */
struct row {
    size_t *ids;
    size_t *places; /* in the side */
    ptrdiff_t count;
    bool *changed;
};

/* Pieces [x0, x1) of the old row against [y0, y1) of the new one. */
struct box {
    ptrdiff_t x0, x1, y0, y1;
};

struct point {
    ptrdiff_t x, y;
};

/* Diagonals x - y from lo to hi have been reached, every second one of them
 * last. at[k] is how far along diagonal k. */
struct front {
    ptrdiff_t *at;
    ptrdiff_t lo, hi;
};

struct path {
    struct row old, new;
    struct front forward, backward;
    ptrdiff_t cost;
};

static struct row
row_new(const struct diff_side *side, size_t count, const bool *wanted)
{
    struct row row = {0};
    row.ids = mem_resize(NULL, count + 1, sizeof *row.ids);
    row.places = mem_resize(NULL, count + 1, sizeof *row.places);
    row.changed = side->changed;
    for (size_t i = 0; i < count; i++) {
        size_t id = side->ids[i];
        side->changed[i] = id == DIFF_NONE || !wanted[id];
        if (side->changed[i])
            continue;
        row.ids[row.count] = id;
        row.places[row.count++] = i;
    }
    return row;
}

static void
row_finish(struct row *row)
{
    free(row->ids);
    free(row->places);
}

static void
mark(struct row *row, ptrdiff_t from, ptrdiff_t to)
{
    for (ptrdiff_t i = from; i < to; i++)
        row->changed[row->places[i]] = true;
}

static void
trim(const struct path *p, struct box *b)
{
    const size_t *old = p->old.ids, *new = p->new.ids;
    while (b->x0 < b->x1 && b->y0 < b->y1 && old[b->x0] == new[b->y0]) {
        b->x0++;
        b->y0++;
    }
    while (b->x0 < b->x1 && b->y0 < b->y1 && old[b->x1 - 1] == new[b->y1 - 1]) {
        b->x1--;
        b->y1--;
    }
}

/* One more diagonal on each side, as far as the box has them. outside is a
 * value that never wins. */
static void
widen(struct front *f, const struct box *b, ptrdiff_t outside)
{
    if (f->lo > b->x0 - b->y1)
        f->at[--f->lo - 1] = outside;
    else
        f->lo++;
    if (f->hi < b->x1 - b->y0)
        f->at[++f->hi + 1] = outside;
    else
        f->hi--;
}

static bool
met(const struct front *f, ptrdiff_t k, ptrdiff_t lag)
{
    return k >= f->lo && k <= f->hi && lag >= 0;
}

/* A step forward on every diagonal; true if the other front was met there. */
static bool
step_forward(struct path *p, const struct box *b, bool look, struct point *at)
{
    ptrdiff_t *to = p->forward.at;
    for (ptrdiff_t k = p->forward.hi; k >= p->forward.lo; k -= 2) {
        ptrdiff_t x = to[k - 1] < to[k + 1] ? to[k + 1] : to[k - 1] + 1;
        while (x < b->x1 && x - k < b->y1 && p->old.ids[x] == p->new.ids[x - k])
            x++;
        to[k] = x;
        if (look && met(&p->backward, k, x - p->backward.at[k])) {
            *at = (struct point){x, x - k};
            return true;
        }
    }
    return false;
}

static bool
step_backward(struct path *p, const struct box *b, bool look, struct point *at)
{
    ptrdiff_t *to = p->backward.at;
    for (ptrdiff_t k = p->backward.hi; k >= p->backward.lo; k -= 2) {
        ptrdiff_t x = to[k - 1] < to[k + 1] ? to[k - 1] : to[k + 1] - 1;
        while (x > b->x0 && x - k > b->y0 &&
               p->old.ids[x - 1] == p->new.ids[x - k - 1])
            x--;
        to[k] = x;
        if (look && met(&p->forward, k, p->forward.at[k] - x)) {
            *at = (struct point){x, x - k};
            return true;
        }
    }
    return false;
}

/* The point furthest from the corner that a front started from, sign 1 for
 * the forward one. */
static struct point
furthest(const struct front *f, const struct box *b, ptrdiff_t sign)
{
    struct point best = {0};
    bool any = false;
    for (ptrdiff_t k = f->lo; k <= f->hi; k += 2) {
        struct point at = {f->at[k], f->at[k] - k};
        if (at.x < b->x0 || at.x > b->x1 || at.y < b->y0 || at.y > b->y1)
            continue;
        if (!any || sign * (at.x + at.y - best.x - best.y) > 0)
            best = at;
        any = true;
    }
    return any ? best : (struct point){b->x0, b->y0};
}

static struct point
give_up(const struct path *p, const struct box *b)
{
    struct point head = furthest(&p->forward, b, 1);
    struct point tail = furthest(&p->backward, b, -1);
    ptrdiff_t done = head.x + head.y - b->x0 - b->y0;
    return done > b->x1 + b->y1 - tail.x - tail.y ? head : tail;
}

/* A point that a best way through the box passes. */
static struct point
middle(struct path *p, const struct box *b)
{
    ptrdiff_t start = b->x0 - b->y0, end = b->x1 - b->y1;
    bool odd = (start - end) % 2 != 0;
    struct point at;
    p->forward.lo = p->forward.hi = start;
    p->backward.lo = p->backward.hi = end;
    p->forward.at[start] = b->x0;
    p->backward.at[end] = b->x1;
    for (ptrdiff_t d = 1;; d++) {
        widen(&p->forward, b, -1);
        if (step_forward(p, b, odd, &at))
            return at;
        widen(&p->backward, b, PTRDIFF_MAX);
        if (step_backward(p, b, !odd, &at))
            return at;
        if (d >= p->cost)
            return give_up(p, b);
    }
}

static ptrdiff_t
size_of(const struct box *b)
{
    return b->x1 - b->x0 + b->y1 - b->y0;
}

/* The smaller half by recursion, so that the stack stays small. */
static void
compare(struct path *p, struct box b)
{
    for (;;) {
        trim(p, &b);
        if (b.x0 == b.x1 || b.y0 == b.y1)
            break;
        struct point at = middle(p, &b);
        struct box head = {b.x0, at.x, b.y0, at.y};
        struct box tail = {at.x, b.x1, at.y, b.y1};
        if (size_of(&head) == 0 || size_of(&tail) == 0)
            break;
        bool swap = size_of(&head) > size_of(&tail);
        compare(p, swap ? tail : head);
        b = swap ? head : tail;
    }
    mark(&p->old, b.x0, b.x1);
    mark(&p->new, b.y0, b.y1);
}

static void
search(struct path *p)
{
    size_t span = (size_t)(p->old.count + p->new.count) + 3;
    ptrdiff_t *memory = mem_resize(NULL, 2 * span, sizeof *memory);
    p->forward.at = memory + p->new.count + 1;
    p->backward.at = p->forward.at + span;
    compare(p, (struct box){0, p->old.count, 0, p->new.count});
    free(memory);
}

void
diff_path(struct diff_side *old, size_t old_count, struct diff_side *new,
          size_t cost)
{
    bool *in_old = mem_alloc(old->count + 1);
    bool *in_new = mem_alloc(old->count + 1);
    for (size_t i = 0; i < old_count; i++)
        in_old[old->ids[i]] = true;
    for (size_t i = 0; i < new->count; i++)
        if (new->ids[i] != DIFF_NONE)
            in_new[new->ids[i]] = true;
    struct path p = {.old = row_new(old, old_count, in_new),
                     .new = row_new(new, new->count, in_old),
                     .cost =
                         cost < PTRDIFF_MAX ? (ptrdiff_t)cost : PTRDIFF_MAX};
    search(&p);
    row_finish(&p.old);
    row_finish(&p.new);
    free(in_old);
    free(in_new);
}
