/*
 * An update replaces the hunks from the first one that differs from what the
 * editor knows, and says how many new lines of that one stay. As the text only
 * grows at its end, hunks are compared by their numbers; when it does not, all
 * of them are sent again.
 *
 * While one update is on its way no other comparison is made, so that the same
 * message can be made again. The words that changed are marked once a hunk is
 * settled: in one that still grows they would change with every line.
 */
#include "host/proposal.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* Bytes of a message besides its texts: for a line, a mark, a hunk. */
enum { LINE_COST = 4, MARK_COST = 16, HUNK_COST = 32 };

/* One hunk as the editor shows it. */
struct shown {
    struct dc_hunk hunk;
    bool marked; /* with the words that changed */
};

/* All that it shows. */
struct view {
    struct shown *items;
    size_t count;
    size_t covered;
};

struct proposal {
    const struct dc_selection *selection;
    struct dc_rewrite *rewrite;
    struct dc_diff *diff;

    struct buf raw;   /* the reply */
    struct buf whole; /* head, then as much of the new text as is known */
    size_t used;      /* bytes of the new text in it */
    size_t new_lines; /* in these */

    bool fed;      /* of the reply, more than whole has been made of */
    bool changed;  /* whole is another than was compared */
    bool ended;    /* nothing follows */
    bool complete; /* and the reply is whole */

    struct view known;  /* by the editor */
    struct view flight; /* by the editor, once it has the last update */
    bool flying;
    bool stale;        /* what it knows is of another text */
    bool more;         /* the last update could not hold all there was */
    size_t from, keep; /* of the last update */
    size_t size;       /* of it in bytes, about */
    int64_t seq;

    const struct dc_hunk *hunks; /* of the last comparison */
    size_t count;
};

/* ---- life ---- */

/* The rest of the last line, which has an end in the buffer. */
static void
add_tail(struct buf *out, struct dc_str tail)
{
    buf_add_str(out, tail);
    if (out->len > 0 && out->ptr[out->len - 1] != '\n')
        buf_add_byte(out, '\n');
}

struct proposal *
proposal_new(const struct dc_selection *selection)
{
    struct proposal *p = mem_alloc(sizeof *p);
    p->selection = selection;
    p->rewrite = dc_rewrite_new(selection);
    buf_init(&p->raw, DC_REPLY_MAX);
    buf_init(&p->whole, SIZE_MAX / 4); /* its parts have limits */
    buf_add_str(&p->whole, selection->head);
    buf_add_str(&p->whole, selection->text);
    add_tail(&p->whole, selection->tail);
    p->diff = dc_diff_new(buf_str(&p->whole), 0);
    buf_cut(&p->whole, selection->head.len);
    return p;
}

void
proposal_free(struct proposal *p)
{
    if (p == NULL)
        return;
    dc_rewrite_free(p->rewrite);
    dc_diff_free(p->diff);
    buf_finish(&p->raw);
    buf_finish(&p->whole);
    free(p->known.items);
    free(p->flight.items);
    free(p);
}

/* ---- the text ---- */

static size_t
count_lines(struct dc_str s)
{
    size_t n = 0;
    for (const char *at = s.ptr, *end = s.ptr + s.len;
         s.len > 0 && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
        n++;
    return n;
}

static void
grow(struct proposal *p, struct dc_str more)
{
    buf_add_str(&p->whole, more);
    p->used += more.len;
    p->new_lines += count_lines(more);
    p->changed = true;
}

static void
forget_text(struct proposal *p)
{
    buf_cut(&p->whole, p->selection->head.len);
    p->used = p->new_lines = 0;
    proposal_retell(p);
}

/* Bring whole up to date. A reply that is gone on with may begin with less
 * than there was; that comes again. */
static void
take_text(struct proposal *p)
{
    p->fed = false;
    struct dc_str text = dc_rewrite_text(p->rewrite);
    size_t least = text.len < p->used ? text.len : p->used;
    const char *had = p->whole.ptr + p->selection->head.len;
    bool same = least == 0 || memcmp(had, text.ptr, least) == 0;
    if (!same || (p->complete && text.len < p->used))
        forget_text(p);
    if (text.len > p->used)
        grow(p, (struct dc_str){text.ptr + p->used, text.len - p->used});
}

void
proposal_add(struct proposal *p, struct dc_str reply)
{
    buf_add_str(&p->raw, reply);
    dc_rewrite_add(p->rewrite, reply, false);
    p->fed = true;
}

void
proposal_again(struct proposal *p, size_t kept)
{
    buf_cut(&p->raw, kept);
    dc_rewrite_free(p->rewrite);
    p->rewrite = dc_rewrite_new(p->selection);
    dc_rewrite_add(p->rewrite, buf_str(&p->raw), false);
    p->fed = true;
    p->ended = false;
}

void
proposal_retell(struct proposal *p)
{
    p->stale = p->stale || p->known.count > 0 || p->flying;
    p->changed = true;
}

void
proposal_end(struct proposal *p, bool whole)
{
    p->ended = true;
    p->complete = whole;
    p->changed = true;
    dc_rewrite_add(p->rewrite, (struct dc_str){"", 0}, whole);
    take_text(p);
    if (!whole)
        return;
    add_tail(&p->whole, p->selection->tail);
}

struct dc_str
proposal_raw(const struct proposal *p)
{
    return buf_str(&p->raw);
}

struct dc_rewrite_report
proposal_report(const struct proposal *p)
{
    return dc_rewrite_report(p->rewrite);
}

size_t
proposal_hunks(const struct proposal *p)
{
    return p->known.count;
}

/* ---- what differs from what the editor knows ---- */

/* A comparison is worth its time now. */
static bool
live(const struct proposal *p)
{
    return p->ended || (dc_diff_lines(p->diff, DC_OLD) <= PROPOSAL_OLD_MAX &&
                        p->new_lines <= PROPOSAL_NEW_MAX);
}

bool
proposal_news(const struct proposal *p)
{
    return p->flying || p->more || ((p->fed || p->changed) && live(p));
}

bool
proposal_more(const struct proposal *p)
{
    return p->more;
}

/* What still comes does not change it. */
static bool
settled(const struct proposal *p, const struct dc_hunk *hunk)
{
    return p->complete ||
           hunk->old_first + hunk->old_count < dc_diff_covered(p->diff);
}

static void
compare(struct proposal *p)
{
    p->changed = false;
    p->hunks =
        dc_diff_run(p->diff, buf_str(&p->whole), !p->complete, &p->count);
}

static bool
is_known(const struct proposal *p, size_t i)
{
    const struct shown *had = &p->known.items[i];
    const struct dc_hunk *a = &had->hunk, *b = &p->hunks[i];
    return a->old_first == b->old_first && a->old_count == b->old_count &&
           a->new_first == b->new_first && a->new_count == b->new_count &&
           had->marked == settled(p, b);
}

/* Where the update begins. */
static void
find_start(struct proposal *p)
{
    size_t both = p->known.count < p->count ? p->known.count : p->count;
    p->from = p->keep = 0;
    if (p->stale)
        return;
    while (p->from < both && is_known(p, p->from))
        p->from++;
    if (p->from == both)
        return;
    const struct dc_hunk *a = &p->known.items[p->from].hunk;
    const struct dc_hunk *b = &p->hunks[p->from];
    if (a->new_first == b->new_first)
        p->keep = a->new_count < b->new_count ? a->new_count : b->new_count;
}

/* ---- an update ---- */

/* As many new lines of the hunk from keep on as room, more than 0, has space
 * for; the last one may be too long. Returns how many the editor has then. */
static size_t
fit(const struct proposal *p, const struct dc_hunk *hunk, size_t keep,
    size_t *room)
{
    size_t n = keep;
    for (; n<hunk->new_count && * room> 0; n++) {
        size_t size =
            dc_diff_line(p->diff, DC_NEW, hunk->new_first + n).len + LINE_COST;
        *room -= size < *room ? size : *room;
    }
    return n;
}

static void
charge_marks(struct proposal *p, const struct dc_hunk *hunk, size_t *room)
{
    size_t old_count, new_count;
    dc_diff_marks(p->diff, hunk, DC_OLD, &old_count);
    dc_diff_marks(p->diff, hunk, DC_NEW, &new_count);
    size_t cost = HUNK_COST + MARK_COST * (old_count + new_count);
    *room -= cost < *room ? cost : *room;
}

/* Hunk i, as far as it fits. False if that is not all of it. */
static bool
show(struct proposal *p, size_t i, size_t *room)
{
    struct shown *item = &p->flight.items[i];
    const struct dc_hunk *hunk = &p->hunks[i];
    *item = (struct shown){*hunk, settled(p, hunk)};
    if (i < p->from)
        return true;
    size_t keep = i == p->from ? p->keep : 0;
    item->hunk.new_count = fit(p, hunk, keep, room);
    if (item->hunk.new_count < hunk->new_count)
        item->marked = false;
    else if (item->marked)
        charge_marks(p, hunk, room);
    return item->hunk.new_count == hunk->new_count;
}

/* A hunk that is not all there is not decided, whatever the comparison says. */
static size_t
first_open(const struct proposal *p)
{
    size_t last = p->flight.count - 1, covered = dc_diff_covered(p->diff);
    size_t shown = p->flight.items[last].hunk.new_count;
    size_t open = shown < p->hunks[last].new_count ? last : last + 1;
    size_t first = p->hunks[open].old_first;
    return first < covered ? first : covered;
}

/* What the editor will know: all of it, or what fits. */
static void
fill(struct proposal *p, size_t room)
{
    size_t left = room;
    struct view *view = &p->flight;
    view->items = mem_resize(view->items, p->count + 1, sizeof *view->items);
    view->count = 0;
    p->more = false;
    for (size_t i = 0; i < p->count && !p->more; i++) {
        if (i > p->from && left == 0) {
            p->more = true;
        } else {
            p->more = !show(p, i, &left);
            view->count = i + 1;
        }
    }
    p->size = HUNK_COST + room - left;
    view->covered = p->more ? first_open(p) : dc_diff_covered(p->diff);
}

/* False if there is nothing to say. */
static bool
take_off(struct proposal *p, size_t room)
{
    if (p->fed)
        take_text(p);
    if (p->changed && live(p))
        compare(p);
    find_start(p);
    bool same = p->from == p->count && p->from == p->known.count;
    bool idle = same && p->count == 0 && p->ended;
    fill(p, room);
    if (!p->stale && (idle || (same && p->known.covered == p->flight.covered)))
        return false;
    p->stale = false;
    p->flying = true;
    p->seq++;
    return true;
}

static struct value *
print_lines(const struct proposal *p, const struct dc_hunk *hunk, size_t keep)
{
    struct value *list = value_list();
    for (size_t i = keep; i < hunk->new_count; i++) {
        struct dc_str line = dc_diff_line(p->diff, DC_NEW, hunk->new_first + i);
        if (line.len > 0 && line.ptr[line.len - 1] == '\n')
            line.len--;
        value_add(list, value_str(line));
    }
    return list;
}

static struct value *
print_marks(struct proposal *p, const struct shown *item, enum dc_side side)
{
    struct value *list = value_list();
    size_t count = 0;
    const struct dc_mark *marks = NULL;
    if (item->marked)
        marks = dc_diff_marks(p->diff, &item->hunk, side, &count);
    for (size_t i = 0; i < count; i++) {
        struct value *mark = value_list();
        value_add(mark, value_int((int64_t)marks[i].line));
        value_add(mark, value_int((int64_t)marks[i].from));
        value_add(mark, value_int((int64_t)marks[i].to));
        value_add(list, mark);
    }
    return list;
}

static struct value *
print_hunk(struct proposal *p, size_t i)
{
    const struct shown *item = &p->flight.items[i];
    struct value *list = value_list();
    value_add(list, value_int((int64_t)item->hunk.old_first));
    value_add(list, value_int((int64_t)item->hunk.old_count));
    value_add(list, print_lines(p, &item->hunk, i == p->from ? p->keep : 0));
    value_add(list, print_marks(p, item, DC_OLD));
    value_add(list, print_marks(p, item, DC_NEW));
    return list;
}

struct value *
proposal_update(struct proposal *p, int64_t id, size_t room, size_t *used)
{
    if (!p->flying && !take_off(p, room))
        return NULL;
    *used += p->size;
    struct value *hunks = value_list();
    for (size_t i = p->from; i < p->flight.count; i++)
        value_add(hunks, print_hunk(p, i));
    struct value *update = value_list();
    value_add(update, value_int(id));
    value_add(update, value_int(p->seq));
    value_add(update, value_int((int64_t)p->from));
    value_add(update, value_int((int64_t)p->keep));
    value_add(update, hunks);
    value_add(update, value_int((int64_t)p->flight.covered));
    return update;
}

void
proposal_told(struct proposal *p)
{
    if (!p->flying)
        return;
    struct view known = p->known;
    p->flying = false;
    p->known = p->flight;
    p->flight = known;
}
