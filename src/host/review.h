/*
 * Rewrites under review (:DeepRewrite): each is a reply whose text is proposed
 * for a selection. The editor shows the proposal and applies what the user
 * takes of it; it is told of hunks with deepchat#review#update(), of the state
 * with #status() and of the end with #finish(). Ids are the editor's, in the
 * same number space as those of chat.h.
 */
#ifndef HOST_REVIEW_H
#define HOST_REVIEW_H

#include <stddef.h>
#include <stdint.h>

#include "base/value.h"
#include "host/host.h"

enum {
    REVIEW_RUNNING_MAX = 64,   /* each has a socket and a journal */
    REVIEW_WAITING_MAX = 1000, /* behind them */
};

struct reviews;

struct reviews *reviews_new(struct host *host);
void reviews_free(struct reviews *all);

/* A selection is to be rewritten; args is the map of the editor's "rewrite".
 * It waits while REVIEW_RUNNING_MAX others run. What cannot be asked is
 * answered with #finish() like everything else. An id that is in use already
 * is ignored. */
void reviews_ask(struct reviews *all, const struct value *args);
/* One that was cut or stopped goes on where it ended. */
void reviews_go_on(struct reviews *all, int64_t id);
/* Stop this one, or with id 0 all. */
void reviews_stop(struct reviews *all, int64_t id);
/* The editor needs it no more, whatever its state: it is not called about it
 * again, and the journals go. */
void reviews_closed(struct reviews *all, int64_t id);

/* Those that have not ended and do not wait. */
size_t reviews_running(const struct reviews *all);
/* The editor is gone: as chats_detach(). Those that wait are dropped. */
void reviews_detach(struct reviews *all);

#endif
