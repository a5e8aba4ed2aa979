/* How the end of a reply reads: in its marker and to the user. */
#ifndef HOST_REPLY_END_H
#define HOST_REPLY_END_H

#include <stddef.h>

#include "deepchat.h"

/* The pairs of the marker, each with a space in front: finish, in, out, cost
 * as far as they are known, and model where another one answered than asked. */
void reply_pairs(char *out, size_t size, const char *finish,
                 const struct dc_summary *sum, const char *asked_model);

/* The word for a whole reply's finish_reason. Borrowed from sum. */
const char *reply_finish(const struct dc_summary *sum);

/* What the user should hear of a reply that ended so; "" for nothing. */
const char *reply_finish_line(const struct dc_summary *sum);

/* The same for a reply without any text. */
const char *reply_empty_line(const struct dc_summary *sum);

/* "1,204" */
void reply_count(char *out, size_t size, double count);

#endif
