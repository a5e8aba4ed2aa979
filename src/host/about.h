/* What the editor is told of replies, whatever place their text has. */
#ifndef HOST_ABOUT_H
#define HOST_ABOUT_H

#include "base/value.h"
#include "host/reply.h"

/* finish line pairs refused got_text seconds pieces rounds tokens_in
 * tokens_out cost; choices, a list of the pairs of the other answers. Owned. */
struct value *about_end(const struct reply_end *end);
/* number most tokens_out cost. Owned. */
struct value *about_round(const struct reply_round *round);
/* As about_end() for what could not even become a reply. Owned. */
struct value *about_refused(const char *line);

#endif
