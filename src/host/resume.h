/* Replies that a crash left in the journal, for :DeepResume. */
#ifndef HOST_RESUME_H
#define HOST_RESUME_H

#include "base/value.h"

/* A list of maps (file chat project model started finish user bytes turns),
 * oldest first; turns is text to put into the chat as it is.
 * Entries whose reply stands in their chat file already are removed from the
 * journal and left out. Owned. */
struct value *resume_list(const char *state_dir);

#endif
