/* What a journal holds, as turns of its chat. */
#ifndef HOST_RESUME_TURNS_H
#define HOST_RESUME_TURNS_H

#include "base/buf.h"
#include "host/journal.h"

/* Of the texts of all answers. */
size_t resume_bytes(const struct journal_entry *e);
/* Nothing has come. */
bool resume_is_blank(const struct journal_entry *e);
/* All of it stands in the chat file, as turns of their own. */
bool resume_is_in_chat(const struct journal_entry *e);
/* The answer behind its reasoning; the other answers, if there are some, are
 * alternates above that. */
void resume_add_turns(struct buf *out, const struct journal_entry *e);

#endif
