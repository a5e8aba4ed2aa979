/*
 * What the channels of both editors share: two descriptors that never block,
 * a queue of bytes on their way out, and the table that matches answers with
 * calls by number, never by pointer, so that an answer may come late or not
 * at all. What the bytes mean is said in nvim.c and vim.c.
 */
#ifndef HOST_CHANNEL_H
#define HOST_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "host/editor.h"
#include "host/loop.h"

struct channel_call {
    uint32_t id; /* 0: free slot */
    editor_result_fn *result;
    void *user;
};

struct channel {
    struct loop *lp;
    int in, out;
    struct editor_events events;
    /* Bytes have come. False: they make no sense, *err says why. */
    bool (*bytes)(void *user, struct dc_str bytes, struct dc_error *err);
    void *user; /* for bytes */

    struct buf queue;
    struct channel_call *calls;
    size_t call_count;
    uint32_t last_id;
    bool closed;
};

/* in and out are taken. */
void channel_init(struct channel *ch, struct loop *lp, int in, int out,
                  struct editor_events events);
void channel_finish(struct channel *ch);

/* Write what was added to queue, as far as the editor takes it now. */
void channel_flush(struct channel *ch);

/* A number for a call that is about to be made, never 0. */
uint32_t channel_remember(struct channel *ch, editor_result_fn *result,
                          void *user);
/* The call with this number, which is forgotten; id 0 if there is none. */
struct channel_call channel_take(struct channel *ch, uint32_t id);
/* A call could not be sent: answer it. */
void channel_fail(struct channel *ch, uint32_t id, const char *function);

#endif
