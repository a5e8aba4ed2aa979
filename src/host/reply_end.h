/* How the end of a reply reads: in its marker and to the user. */
#ifndef HOST_REPLY_END_H
#define HOST_REPLY_END_H

#include <stddef.h>

#include "deepchat.h"
#include "host/child.h"
#include "host/reply_round.h"

/* The summary of a stream, without the key where a server repeats it. */
struct dc_summary reply_summary(const struct dc_stream *stream);
/* The same as another choice has it. */
struct dc_summary reply_choice_summary(const struct dc_stream *stream,
                                       unsigned choice);

/* The pairs of the marker, each with a space in front: finish, in, out, cost
 * as far as they are known, parts if there are some, and model where another
 * one answered than asked. */
void reply_pairs(char *out, size_t size, const char *finish,
                 const struct rounds *rs);

/* The word for a whole reply's finish_reason. Borrowed from sum. */
const char *reply_finish(const struct dc_summary *sum);

/* What the user should hear of a reply that ended so; "" for nothing. */
const char *reply_finish_line(const struct dc_summary *sum);

/* The same for a reply without any text; asked: an answer was to be gone on
 * with. */
const char *reply_empty_line(const struct dc_summary *sum, bool asked);
/* And for one with text, as many parts as it has. */
void reply_last_line(char *out, size_t size, const struct rounds *rs);

/* "continued 3/8  49k tok  $0.02"; pieces: where tokens are not counted. */
void reply_round_status(char *out, size_t size, const struct reply_round *round,
                        size_t pieces);

/* "receiving, 1.2k tok" */
void reply_held_status(char *out, size_t size, size_t pieces);

/* What broke off a reply of which some text has come. */
const char *reply_cut_reason(enum dc_net net);
/* What is offered then. */
enum reply_offer { OFFER_NOTHING, OFFER_CONTINUE, OFFER_RETRY };
/* "WHAT, 1,204 tokens kept; :DeepContinue goes on"; the offer is left out and
 * what is cut where they do not fit. */
void reply_cut_line(char *out, size_t size, const char *what, size_t pieces,
                    enum reply_offer offer);
/* The line of a failure without what is said behind it. */
void reply_without_advice(char *out, size_t size, const char *line);

/* Why the output of api_key_cmd is no key; NULL if it may be one. */
const char *reply_key_trouble(const struct child_result *result);

/* "rate limited (429), try 2/3 in 3 s (:DeepStop ends it)" */
void reply_wait_line(char *out, size_t size, const char *what, int attempt,
                     int attempts, int64_t left_ms);

#endif
