/*
 * Replies that have ended and stand in a buffer, but in no saved file yet: of
 * each only the journal is kept, locked, so that nobody takes it for one that
 * a crash left behind.
 */
#ifndef HOST_KEPT_H
#define HOST_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/journal.h"

/* Over this many the oldest is let go: it is closed, and its file stays. Those
 * of chats are removed by whoever finds the reply in its chat (resume.h). */
#define KEPT_MAX 32

struct kept;

struct kept *kept_new(void);
/* Their files stay. NULL is ignored. */
void kept_free(struct kept *kept);

/* Of those that were let go, the newest count are remembered: they can still be
 * removed. 0 at first. */
void kept_remember(struct kept *kept, size_t count);

/* journal is taken; NULL if there is none. An id may have several. */
void kept_add(struct kept *kept, int64_t id, struct journal *journal);
bool kept_has(const struct kept *kept, int64_t id);
/* This reply is in a saved file: remove its journals. Others are ignored. */
void kept_saved(struct kept *kept, int64_t id);
/* Its buffer is gone: its file stays, for :DeepResume. Others are ignored. */
void kept_closed(struct kept *kept, int64_t id);

#endif
