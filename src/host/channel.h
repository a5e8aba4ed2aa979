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
    bool failed; /* could not be sent; will be told */
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
    uint64_t report; /* timer that tells what is below; 0 if none runs */
    bool closed;     /* nothing goes out or comes in any more */
    char *why;       /* of the close */
};

/* in and out are taken. */
void channel_init(struct channel *ch, struct loop *lp, int in, int out,
                  struct editor_events events);
void channel_finish(struct channel *ch);

/* Queue a whole message, and write as far as the editor takes it now. One that
 * leaves CHANNEL_OUT_MAX bytes unread is given up. */
#define CHANNEL_OUT_MAX ((size_t)64 << 20)
void channel_send(struct channel *ch, struct dc_str message);

/* A number for a call that is about to be made, never 0. */
uint32_t channel_remember(struct channel *ch, editor_result_fn *result,
                          void *user);
/* The call with this number, which is forgotten; id 0 if there is none. */
struct channel_call channel_take(struct channel *ch, uint32_t id);
/* A call could not be sent: it is answered with an error, later, because the
 * caller is in the middle of something. */
void channel_fail(struct channel *ch, uint32_t id, const char *function);

#endif
