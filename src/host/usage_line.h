/*
 * The lines of the usage file:
 *
 *   2026-11-24 in=31 out=212 cost=0.00021 model=m chat=9f3c .
 *   2026-09 n=88 in=4100 out=9120 est=0.5 model=m .
 *   chat 1c.4 is 9f3c .
 *   chat 9f3c became 07aa .
 *
 * The first is a request, the second what is left of several, the third says
 * that a chat without a file has got one, the last that a chat has another file
 * from there on. What is left out is zero or not known; a line without the dot
 * was cut.
 */
#ifndef HOST_USAGE_LINE_H
#define HOST_USAGE_LINE_H

#include <stdbool.h>

#include "base/buf.h"
#include "deepchat.h"

enum usage_kind {
    USAGE_REQUESTS,
    USAGE_NAMED,
    USAGE_RENAMED,
};

/* Strings are borrowed from the text, the model as it stands there. */
struct usage_line {
    enum usage_kind kind;
    struct dc_str day; /* or month */
    struct dc_str model;
    struct dc_str chat; /* "" for none */
    struct dc_str name; /* else: what that chat is called from now on */
    double count;       /* requests */
    double blank;       /* of them, those that gave no numbers */
    double in, out, cached;
    double cost; /* what servers said, in dollars */
    double est;  /* what their prices come to where they said nothing */
    double size; /* of what was asked: budget.h; 0 unknown */
};

/* The next line of text from *at on that is one; what is none is skipped and
 * counted in *torn. False at the end. */
bool usage_line_next(struct dc_str text, size_t *at, struct usage_line *out,
                     size_t *torn);
/* Append it with its newline. */
void usage_line_print(struct buf *out, const struct usage_line *line);

/* A model as lines have it, and back; owned (free). */
char *usage_line_model(const char *model);
char *usage_line_model_text(struct dc_str model);

/* The numbers of line are added to those of sum; what was asked for is of use
 * only line by line, and is not known of a sum. */
void usage_line_sum(struct usage_line *sum, const struct usage_line *line);

/* Lines in a row. Zero is empty; usage_list_free(). */
struct usage_list {
    struct usage_line *lines;
    size_t count;
};

void usage_list_add(struct usage_list *list, const struct usage_line *line);
void usage_list_free(struct usage_list *list);

/* As strcmp(). */
int usage_order(struct dc_str a, struct dc_str b);

#endif
