/* How the end of a reply reads: in its marker and to the user. */
#ifndef HOST_REPLY_END_H
#define HOST_REPLY_END_H

#include <stddef.h>

#include "deepchat.h"
#include "host/child.h"

/* The summary of a stream, without the key where a server repeats it. */
struct dc_summary reply_summary(const struct dc_stream *stream);

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

/* What broke off a reply of which some text has come. */
const char *reply_cut_reason(enum dc_net net);
/* "WHAT, 1,204 tokens kept"; what is cut where it does not fit. */
void reply_cut_line(char *out, size_t size, const char *what, size_t pieces);

/* Why the output of api_key_cmd is no key; NULL if it may be one. */
const char *reply_key_trouble(const struct child_result *result);

/* "rate limited (429), try 2/3 in 3 s (:DeepStop ends it)" */
void reply_wait_line(char *out, size_t size, const char *what, int attempt,
                     int attempts, int64_t left_ms);

#endif
