/*
 * The shape of marker lines, one byte at a time, so that whole lines and
 * streamed ones are judged by the same code: two or more "%", a space, a role,
 * " key=value" pairs, blanks. With two "%" it is a marker, with more it is an
 * escaped line. What stands behind the "%"s has at most DC_MARKER_MAX - 2
 * bytes, a CR at the end not counted: so one more "%" never changes whether a
 * line has the shape, and CRLF files keep their markers.
 */
#ifndef CORE_MARKER_H
#define CORE_MARKER_H

#include <stdbool.h>
#include <stddef.h>

#include "deepchat.h"

enum marker_state {
    MARKER_PERCENT, /* at the start, or behind "%"s only */
    MARKER_ROLE,
    MARKER_NAMED, /* behind a whole role name */
    MARKER_GAP,   /* one space: a pair follows, or more blanks */
    MARKER_KEY,
    MARKER_VALUE,
    MARKER_HEX1,
    MARKER_HEX2,
    MARKER_TRAIL, /* nothing but blanks may follow */
    MARKER_DEAD,  /* no longer possible */
};

struct marker {
    enum marker_state state;
    enum dc_role role;
    size_t percents;
    size_t len;   /* bytes behind the "%"s */
    size_t begin; /* the pairs, counted as len is */
    size_t end;
};

/* Add a byte, not LF, of a line that is valid UTF-8; *m starts zeroed. */
void marker_step(struct marker *m, char c);
/* True if the line may end here. */
bool marker_whole(const struct marker *m);

/* Judge a line that is valid UTF-8; *m is complete if it has the shape. */
enum dc_line marker_read(struct dc_str line, struct marker *m);
/* The pairs of a line that marker_read() accepted. */
struct dc_str marker_pairs(struct dc_str line, const struct marker *m);

#endif
