/*
 * Replies that are in the journal but in no chat, for :DeepResume. The editor
 * is told of them without their texts; the one that is wanted goes over in
 * pieces, each when the one before has been taken. What stands in its chat
 * file already, and what never got any text, is removed on the way.
 */
#ifndef HOST_RESUME_H
#define HOST_RESUME_H

#include "host/host.h"

struct resume;

struct resume *resume_new(struct host *host);
void resume_free(struct resume *r);

/* Call deepchat#host#orphans() with how many replies there are and when the
 * newest began, leaving out those that still come in or that the user took
 * away himself. One journal a round of the loop, so nothing else waits. */
void resume_count(struct resume *r, const char *state_dir);

/* Call deepchat#resume#show() with a list of maps (file chat project model
 * started finish lost writing question bytes), newest first, and whether more
 * of them come in a further call. */
void resume_list(struct resume *r, const char *state_dir);

/* Call deepchat#resume#piece() with file, part ("user", then "turns": what is
 * put into the chat as it is), text, and whether this was the last; part is
 * "gone" if the entry cannot be had any more. An answer other than 1 ends it.
 */
void resume_fetch(struct resume *r, const char *file);

#endif
