/* What the editor is told of replies, whatever place their text has. */
#ifndef HOST_ABOUT_H
#define HOST_ABOUT_H

#include "base/value.h"
#include "host/reply.h"

/* finish line pairs refused got_text seconds pieces rounds tokens_in
 * tokens_out cost. Owned. */
struct value *about_end(const struct reply_end *end);
/* The same for what could not even become a reply. Owned. */
struct value *about_refused(const char *line);

#endif
