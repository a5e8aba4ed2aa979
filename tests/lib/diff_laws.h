/*
 * What holds of every comparison, whatever the texts: hunks in order that do
 * not touch, everything between them equal, and any choice of hunks giving the
 * same text in whichever order they are applied. Each law returns what is
 * broken, or NULL.
 */
#ifndef LIB_DIFF_LAWS_H
#define LIB_DIFF_LAWS_H

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "deepchat.h"

static inline bool
laws_equal(struct dc_str a, struct dc_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Lines from i in the old text and from j in the new one are the same up to
 * the hunk, and then it begins. */
static inline const char *
laws_between(const struct dc_diff *d, size_t *i, size_t *j, struct dc_hunk h)
{
    if (h.old_first < *i || h.old_first - *i != h.new_first - *j)
        return "hunks are out of step";
    for (; *i < h.old_first; ++*i, ++*j)
        if (!laws_equal(dc_diff_line(d, DC_OLD, *i),
                        dc_diff_line(d, DC_NEW, *j)))
            return "lines outside of hunks differ";
    *i += h.old_count;
    *j += h.new_count;
    return NULL;
}

static inline const char *
laws_hunks(const struct dc_diff *d, const struct dc_hunk *hunks, size_t count)
{
    size_t i = 0, j = 0;
    for (size_t n = 0; n < count; n++) {
        struct dc_hunk h = hunks[n];
        if (h.old_count + h.new_count == 0)
            return "an empty hunk";
        if (n > 0 && h.old_first == i)
            return "two hunks touch";
        const char *broken = laws_between(d, &i, &j, h);
        if (broken != NULL)
            return broken;
    }
    struct dc_hunk end = {dc_diff_covered(d), 0, dc_diff_lines(d, DC_NEW), 0};
    return laws_between(d, &i, &j, end);
}

/* A text as an editor has it. */
struct laws_buffer {
    struct dc_str *lines;
    size_t count;
};

static inline void
laws_splice(struct laws_buffer *b, size_t at, const struct dc_diff *d,
            struct dc_hunk h)
{
    size_t count = b->count - h.old_count + h.new_count;
    struct dc_str *lines = mem_resize(NULL, count, sizeof *lines);
    for (size_t i = 0; i < at; i++)
        lines[i] = b->lines[i];
    for (size_t i = 0; i < h.new_count; i++)
        lines[at + i] = dc_diff_line(d, DC_NEW, h.new_first + i);
    for (size_t i = at + h.old_count; i < b->count; i++)
        lines[i - h.old_count + h.new_count] = b->lines[i];
    free(b->lines);
    *b = (struct laws_buffer){lines, count};
}

/* Where a hunk stands once those of done before it have been taken. */
static inline size_t
laws_place(const struct dc_hunk *hunks, size_t n, const bool *done)
{
    size_t at = hunks[n].old_first;
    for (size_t i = 0; i < n; i++)
        if (done[i])
            at += hunks[i].new_count - hunks[i].old_count;
    return at;
}

static inline bool
laws_same(const struct laws_buffer *b, const char *text, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct dc_str line = b->lines[i];
        if (len - at < line.len ||
            !laws_equal(line, (struct dc_str){text + at, line.len}))
            return false;
        at += line.len;
    }
    return at == len;
}

/* Take some hunks, one by one in the order that random says. */
static inline const char *
laws_subset(const struct dc_diff *d, const struct dc_hunk *hunks, size_t count,
            size_t (*random)(void))
{
    bool *taken = mem_alloc(count + 1), *done = mem_alloc(count + 1);
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        taken[i] = random() % 2 == 0;
        left += taken[i];
    }
    struct laws_buffer b = {NULL, 0};
    b.count = dc_diff_lines(d, DC_OLD);
    b.lines = mem_alloc((b.count + 1) * sizeof *b.lines);
    for (size_t i = 0; i < b.count; i++)
        b.lines[i] = dc_diff_line(d, DC_OLD, i);
    for (size_t n = 0; left > 0; n = random() % count) {
        if (!taken[n] || done[n])
            continue;
        laws_splice(&b, laws_place(hunks, n, done), d, hunks[n]);
        done[n] = true;
        left--;
    }
    size_t len;
    char *text = dc_diff_apply(d, taken, &len);
    bool same = laws_same(&b, text, len);
    dc_free(text);
    free(b.lines);
    free(taken);
    free(done);
    return same ? NULL : "a choice of hunks depends on the order";
}

static inline const char *
laws_apply(const struct dc_diff *d, const bool *taken, struct dc_str want)
{
    size_t len;
    char *text = dc_diff_apply(d, taken, &len);
    bool same = laws_equal((struct dc_str){text, len}, want);
    dc_free(text);
    return same ? NULL : "all hunks or none give another text";
}

/* Marks are in order, inside their lines, and cut no character of clean text.
 */
static inline const char *
laws_marks(struct dc_diff *d, const struct dc_hunk *h, enum dc_side side)
{
    size_t count, first = side == DC_OLD ? h->old_first : h->new_first;
    const struct dc_mark *marks = dc_diff_marks(d, h, side, &count);
    for (size_t i = 0; i < count; i++) {
        struct dc_mark m = marks[i];
        struct dc_str line = dc_diff_line(d, side, first + m.line);
        bool lines = m.line < (side == DC_OLD ? h->old_count : h->new_count);
        if (!lines || m.from >= m.to || m.to > line.len)
            return "a mark outside of its line";
        if (memchr(line.ptr + m.from, '\n', m.to - m.from) != NULL)
            return "a mark in a line end";
        if (i > 0 &&
            (marks[i - 1].line > m.line ||
             (marks[i - 1].line == m.line && marks[i - 1].to >= m.from)))
            return "marks are out of order";
    }
    return NULL;
}

static inline const char *
laws_whole(struct dc_diff *d, struct dc_str old, struct dc_str new,
           size_t (*random)(void))
{
    size_t count;
    const struct dc_hunk *hunks = dc_diff_run(d, new, false, &count);
    const char *broken = laws_hunks(d, hunks, count);
    if (broken == NULL && dc_diff_covered(d) != dc_diff_lines(d, DC_OLD))
        broken = "old lines are left out";
    bool *none = mem_alloc(count + 1);
    if (broken == NULL)
        broken = laws_apply(d, NULL, new);
    if (broken == NULL)
        broken = laws_apply(d, none, old);
    free(none);
    if (broken == NULL)
        broken = laws_subset(d, hunks, count, random);
    for (size_t i = 0; i < count && broken == NULL; i++) {
        broken = laws_marks(d, &hunks[i], DC_NEW);
        if (broken == NULL)
            broken = laws_marks(d, &hunks[i], DC_OLD);
    }
    return broken;
}

/* The beginning of a new text: what is not covered stays as it is. */
static inline const char *
laws_partial(struct dc_diff *d, struct dc_str old, struct dc_str new)
{
    size_t count, covered = 0;
    const struct dc_hunk *hunks = dc_diff_run(d, new, true, &count);
    const char *broken = laws_hunks(d, hunks, count);
    if (broken != NULL)
        return broken;
    for (size_t i = 0; i < dc_diff_covered(d); i++)
        covered += dc_diff_line(d, DC_OLD, i).len;
    while (new.len > 0 && new.ptr[new.len - 1] != '\n')
        new.len--;
    struct buf want;
    buf_init(&want, SIZE_MAX / 4);
    buf_add_str(&want, new);
    buf_add(&want, old.len > 0 ? old.ptr + covered : "", old.len - covered);
    broken = laws_apply(d, NULL, buf_str(&want));
    buf_finish(&want);
    if (broken == NULL && count > 0 && hunks[count - 1].old_count > 0 &&
        hunks[count - 1].new_first + hunks[count - 1].new_count ==
            dc_diff_lines(d, DC_NEW))
        broken = "lines that may still come are removed";
    return broken;
}

#endif
