/* What a reader has after a continuation, however it was cut on its way. */
#ifndef SEAM_JOIN_H
#define SEAM_JOIN_H

#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

/* How the continuation arrives: a first piece of so many bytes, then pieces of
 * so many. 0: all that is left. No character is cut. */
struct seam_pieces {
    size_t first;
    size_t step;
    bool decide; /* the time is over behind the first piece */
};

/* Append to out the kept text as it stands and what the seam gives. */
struct dc_seam_report seam_join(struct buf *out,
                                const struct dc_seam_options *options,
                                struct dc_str then, struct seam_pieces pieces);

/* The next boundary between characters, at or behind at. */
size_t seam_boundary(struct dc_str text, size_t at);

#endif
