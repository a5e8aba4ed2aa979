/* Small clocks: patience with one transfer, the frames in which all of them are
 * read, and those in which the editor is told. */
#include "host/pace.h"

enum {
    FRAME_US = 33000,
    FRAME_MAX_US = 50000,
    COST_FACTOR = 10, /* a frame is at least this many answer times long */
};

int64_t
pace_frame_us(int64_t busy_us)
{
    int64_t frame = busy_us * COST_FACTOR;
    return frame < FRAME_US       ? FRAME_US
           : frame > FRAME_MAX_US ? FRAME_MAX_US
                                  : frame;
}

void
pace_enter(struct pace_watch *w, enum pace_phase phase, int64_t now)
{
    w->phase = phase;
    w->since = now;
}

int
pace_left(const struct pace_watch *w, int64_t now)
{
    int limit = w->limit_ms[w->phase];
    if (limit <= 0)
        return -1;
    int64_t left = w->since + limit - now;
    return left > 0 ? (int)left : 0;
}

enum dc_net
pace_fault(const struct pace_watch *w)
{
    static const enum dc_net faults[] = {
        DC_NET_CONNECT_TIMEOUT, DC_NET_FIRST_BYTE_TIMEOUT, DC_NET_IDLE_TIMEOUT};
    return faults[w->phase];
}

void
pace_decide(struct pace_rest *r, int64_t now, int frame_ms, size_t count)
{
    if (frame_ms <= 0) {
        r->paced = r->resting = false;
        return;
    }
    if (r->paced && now < r->look_at)
        return;
    r->resting = r->paced && r->moved <= PACE_CALM * count;
    r->paced = true;
    r->look_at = now + frame_ms;
    r->moved = 0;
}
