/*
 * Gathers streamed text so that the editor gets at most one edit a frame, and
 * no second edit before it has answered the first: one batch for all replies
 * is in flight at a time. Text that comes meanwhile waits here. The first
 * text of a reply goes out at once. Every piece has a number, so that sending
 * it again after "retry" or a failed call is harmless; that slows down nobody
 * but its own reply.
 */
#ifndef HOST_WRITER_H
#define HOST_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"
#include "host/editor.h"
#include "host/loop.h"

struct writer;
struct writer_lane;

/* Above HIGH waiting bytes of one reply its source should pause, below LOW it
 * may go on. */
#define WRITER_HIGH ((size_t)1 << 20)
#define WRITER_LOW ((size_t)256 << 10)
/* What one call carries at most, if the editor can take so much: it is in the
 * buffer and on the screen in about 2 ms, and a key waits no longer. */
#define WRITER_PIECE ((size_t)64 << 10)

struct writer_events {
    /* everything added so far is in the buffer */
    void (*drained)(void *user);
    /* waiting bytes passed HIGH (true), then LOW (false) */
    void (*pressure)(void *user, bool high);
    /* the text has no place any more: "deleted", "undone", "gone", "dropped"
     * if only this choice of its reply has none, or an error
     * of the editor that stays; nothing more is written, the lane is still to
     * be closed */
    void (*lost)(void *user, const char *why);
    void *user;
};

struct writer *writer_new(struct loop *lp, struct editor *ed);
/* The editor is gone: lanes take text and forget it, and none has pressure. */
void writer_detach(struct writer *w);
void writer_free(struct writer *w);

/* When the next edit may go out (loop_now_us()), as soon as that is known: what
 * is read just then waits least. */
typedef void writer_frame_fn(void *user, int64_t at_us);
void writer_on_frame(struct writer *w, writer_frame_fn *fn, void *user);

/* A reply's way into its buffer; id is the one that deepchat#buf#begin() got.
 */
struct writer_lane *writer_open(struct writer *w, int64_t id,
                                struct writer_events events);
/* The same for another answer of a reply with n > 1, choice being above 0: it
 * has a place of its own. */
struct writer_lane *writer_open_choice(struct writer *w, int64_t id,
                                       unsigned choice,
                                       struct writer_events events);
/* kept */
void writer_add(struct writer_lane *lane, enum dc_delta_kind kind,
                struct dc_str text);
/* All text so far is void: the next one replaces it in the buffer. */
void writer_anew(struct writer_lane *lane);
/* Nothing follows: what waits need not wait for the next frame. */
void writer_last(struct writer_lane *lane);
bool writer_idle(const struct writer_lane *lane);
/* What is not written yet is dropped. NULL is ignored. */
void writer_close(struct writer_lane *lane);

#endif
