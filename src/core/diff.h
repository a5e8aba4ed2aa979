/*
 * What the parts of diff share. A text is a row of pieces: lines, or the words
 * of one line. A piece's id is the number of the first old piece that is equal
 * to it, so that pieces are compared by number from then on.
 */
#ifndef CORE_DIFF_H
#define CORE_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

/* The id of a new piece that no old one is equal to. */
#define DIFF_NONE SIZE_MAX

struct diff_side {
    struct dc_str *pieces;
    size_t *ids;
    bool *changed; /* not in the other text */
    size_t count;
    size_t cap;
};

/* Where the old pieces are found by their bytes. */
struct diff_table {
    size_t *slots; /* number of a piece, plus one; 0: free */
    uint64_t *hashes;
    size_t mask;
};

void diff_side_finish(struct diff_side *side);
/* Replace the pieces by those of the text; its bytes are borrowed. */
void diff_side_lines(struct diff_side *side, struct dc_str text);
void diff_side_words(struct diff_side *side, struct dc_str line);

void diff_table_finish(struct diff_table *table);
/* Number the old pieces, then the new ones by them. */
void diff_table_old(struct diff_table *table, struct diff_side *old);
void diff_table_new(const struct diff_table *table, const struct diff_side *old,
                    struct diff_side *new);

/* Set changed of the first old_count old pieces and of all new ones. A stretch
 * with more than cost differences is answered coarsely. */
void diff_path(struct diff_side *old, size_t old_count, struct diff_side *new,
               size_t cost);

/* Old lines that the beginning of a new text, new, has most likely reached.
 * Sets changed, too, if there are many lines; cost is as for diff_path(). */
size_t diff_cover(struct diff_side *old, struct diff_side *new, size_t cost);

/* Move the hunks that only add or only remove lines to where a reader would
 * have put them. The last one stays if it is open. */
void diff_slide(const struct diff_side *old, const struct diff_side *new,
                struct dc_hunk *hunks, size_t count, bool open);

/* Marks of one hunk, and what it takes to find them. */
struct diff_marks {
    struct dc_hunk hunk; /* whose they are, if found */
    bool found;
    struct diff_side old_words, new_words;
    struct diff_table table;
    struct dc_mark *marks[2];
    size_t counts[2];
    size_t caps[2];
};

void diff_marks_finish(struct diff_marks *marks);
void diff_marks_find(struct diff_marks *marks, const struct diff_side *old,
                     const struct diff_side *new, const struct dc_hunk *hunk);

#endif
