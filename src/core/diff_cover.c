/*
 * How far into the old text the beginning of a new text has come. For every
 * number of old lines the length of the longest common subsequence is counted
 * (Hyyro's bit vectors: 64 new lines at a time), and the best bargain is taken:
 * many lines in common, few old ones passed over. Lines without a letter, such
 * as braces, are in every text and prove nothing. Where counting would take too
 * long (only at the end of a large rewrite that was cut) the shortest way
 * through all lines is taken for it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/diff.h"

enum {
    WORD = 64,
    SKIP = 4, /* old lines passed over that outweigh one in common */
    WORK_MAX = 1 << 24,
};

struct cover {
    uint64_t *row;  /* a clear bit: a new line that adds to the subsequence */
    uint64_t *mask; /* the new lines equal to the old one in question */
    size_t words;
    size_t *first; /* by id: its last place in the new text, plus one */
    size_t *next;  /* by place: the place before it, plus one */
    size_t lines;  /* new ones that prove something */
};

static bool
proves(struct dc_str line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if (c >= 0x80 || (c >= '0' && c <= '9') ||
            ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
            return true;
    }
    return false;
}

static struct cover
cover_new(const struct diff_side *old, const struct diff_side *new)
{
    struct cover c = {.words = new->count / WORD + 1};
    c.row = mem_resize(NULL, c.words, sizeof *c.row);
    memset(c.row, 0xff, c.words * sizeof *c.row);
    c.mask = mem_alloc(c.words * sizeof *c.mask);
    c.first = mem_alloc((old->count + 1) * sizeof *c.first);
    c.next = mem_alloc((new->count + 1) * sizeof *c.next);
    for (size_t i = 0; i < new->count; i++) {
        if (!proves(new->pieces[i]))
            continue;
        c.lines++;
        size_t id = new->ids[i];
        if (id == DIFF_NONE)
            continue;
        c.next[i] = c.first[id];
        c.first[id] = i + 1;
    }
    return c;
}

static void
cover_finish(struct cover *c)
{
    free(c->row);
    free(c->mask);
    free(c->first);
    free(c->next);
}

static void
set_mask(struct cover *c, size_t id, bool on)
{
    for (size_t at = c->first[id]; at > 0; at = c->next[at - 1]) {
        uint64_t bit = (uint64_t)1 << ((at - 1) % WORD);
        c->mask[(at - 1) / WORD] = on ? c->mask[(at - 1) / WORD] | bit : 0;
    }
}

/* Count one more old line in; returns the length in common now. */
static size_t
add_line(struct cover *c, size_t id)
{
    size_t common = 0;
    uint64_t carry = 0;
    set_mask(c, id, true);
    for (size_t w = 0; w < c->words; w++) {
        uint64_t row = c->row[w], both = row & c->mask[w];
        uint64_t sum = row + both;
        uint64_t over = sum < row;
        sum += carry;
        carry = over | (sum < carry);
        c->row[w] = sum | (row & ~both);
        common += (size_t)__builtin_popcountll(~c->row[w]);
    }
    set_mask(c, id, false);
    return common;
}

/* Does it take more steps than it may? */
static bool
is_long(const struct diff_side *old, const struct diff_side *new)
{
    size_t *times = mem_alloc((old->count + 1) * sizeof *times);
    size_t work = old->count * (new->count / WORD + 1);
    for (size_t i = 0; i < new->count; i++)
        if (new->ids[i] != DIFF_NONE)
            times[new->ids[i]]++;
    for (size_t i = 0; i < old->count && work <= WORK_MAX; i++)
        work += 2 * times[old->ids[i]];
    free(times);
    return work > WORK_MAX;
}

/* How good a bargain it is. */
static ptrdiff_t
score_of(size_t common, size_t passed, size_t lines)
{
    size_t skipped = passed > lines ? passed - lines : 0;
    return SKIP * (ptrdiff_t)common - (ptrdiff_t)skipped;
}

/* The same bargain, with what a comparison of all has in common. */
static size_t
cover_roughly(struct diff_side *old, struct diff_side *new, size_t cost)
{
    size_t best = 0, passed = 0, common = 0, lines = 0;
    ptrdiff_t best_score = 0;
    for (size_t i = 0; i < new->count; i++)
        lines += proves(new->pieces[i]);
    diff_path(old, old->count, new, cost);
    for (size_t i = 0; i < old->count; i++) {
        if (!proves(old->pieces[i]))
            continue;
        passed++;
        common += !old->changed[i];
        ptrdiff_t score = score_of(common, passed, lines);
        if (score > best_score) {
            best_score = score;
            best = i + 1;
        }
    }
    return best;
}

size_t
diff_cover(struct diff_side *old, struct diff_side *new, size_t cost)
{
    if (is_long(old, new))
        return cover_roughly(old, new, cost);
    struct cover c = cover_new(old, new);
    size_t best = 0, passed = 0, common = 0;
    ptrdiff_t best_score = 0;
    /* Further on more is passed over than all of it could outweigh. */
    size_t most = (SKIP + 1) * c.lines;
    for (size_t i = 0; i < old->count && common < c.lines; i++) {
        passed += proves(old->pieces[i]);
        if (passed > most)
            break;
        if (c.first[old->ids[i]] == 0)
            continue;
        common = add_line(&c, old->ids[i]);
        ptrdiff_t score = score_of(common, passed, c.lines);
        if (score > best_score) {
            best_score = score;
            best = i + 1;
        }
    }
    cover_finish(&c);
    return best;
}
