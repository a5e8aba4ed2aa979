/* When a transfer is late, and when its socket may be left alone for a frame.
 * Times are milliseconds of loop_now(). */
#ifndef HOST_PACE_H
#define HOST_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

/* What a transfer waits for. */
enum pace_phase { PACE_CONNECT, PACE_FIRST_BYTE, PACE_IDLE };

struct pace_watch {
    int limit_ms[3]; /* of each phase; 0: none */
    enum pace_phase phase;
    int64_t since; /* when the phase, or the last silence, began */
};

void pace_enter(struct pace_watch *w, enum pace_phase phase, int64_t now);
/* Milliseconds until it is late; negative: never. */
int pace_left(const struct pace_watch *w, int64_t now);
/* What to call it when pace_left() is 0. */
enum dc_net pace_fault(const struct pace_watch *w);

/* How long a frame is, in microseconds, if the editor took busy_us for the last
 * one: 33 to 50 ms, so that it is busy a tenth of it at most. */
int64_t pace_frame_us(int64_t busy_us);

/* A transfer that brings more than this in a frame is read as it comes. */
#define PACE_CALM ((size_t)32 << 10)

/*
 * While all transfers are paced and calm their sockets rest: neither polled
 * nor read until look_at. A frame that brought more than PACE_CALM for each
 * ends the rest, and one that did not starts it again. The first frame after
 * a change is never slept through: a short reply may be over by then.
 */
struct pace_rest {
    bool paced; /* all are */
    bool resting;
    int64_t look_at; /* when the frame ends */
    size_t moved;    /* bytes since it began */
};

/* After the sockets were read. frame_ms: 0 if a transfer is not paced. */
void pace_decide(struct pace_rest *r, int64_t now, int frame_ms, size_t count);

#endif
