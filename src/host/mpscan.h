/*
 * Finds where a msgpack object ends without decoding it, and refuses it before
 * a decoder could reserve memory for what its headers claim. Goes on where it
 * stopped, so the work is linear however the bytes are cut.
 */
#ifndef HOST_MPSCAN_H
#define HOST_MPSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

/* msgpack-c gives up at 33 levels. */
#define MPSCAN_DEPTH_MAX 30
/* Objects in one message: a decoded one takes about a hundred bytes. */
#define MPSCAN_ITEMS_MAX ((size_t)1 << 20)
/* Pairs in one map: its keys are compared one by one. */
#define MPSCAN_PAIRS_MAX ((size_t)1024)

struct mpscan {
    size_t limit; /* bytes of one object with all in it */

    size_t pos;   /* everything before it has been looked at */
    size_t items; /* objects seen */
    size_t due;   /* objects promised by the open containers, all levels */
    size_t left[MPSCAN_DEPTH_MAX]; /* objects due in each of them */
    size_t depth;
};

void mpscan_init(struct mpscan *s, size_t limit);

/* bytes: what has come of the object, from its first byte, longer each time.
 * DC_ITEM: it is whole and s->pos bytes long. */
enum dc_step mpscan_next(struct mpscan *s, struct dc_str bytes,
                         struct dc_error *err);

#endif
