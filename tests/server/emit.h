/* Renders answers: head, chunk framing, events as OpenAI's servers write
 * them. */
#ifndef SERVER_EMIT_H
#define SERVER_EMIT_H

#include "conn.h"

/* Make the start that all deltas of this answer share. */
void emit_prepare(struct conn *c);

void emit_head(struct conn *c);
/* Bytes of the body, framed; the head goes first if it has not gone. */
void emit_body(struct conn *c, struct dc_str bytes);
/* "data: " and the JSON. */
void emit_event(struct conn *c, struct dc_str json);
void emit_comment(struct conn *c, struct dc_str text);
void emit_role(struct conn *c);
void emit_content(struct conn *c, struct dc_str text);
void emit_reasoning(struct conn *c, struct dc_str text);
/* usage: in, out, cost; NULL for none, SCRIPT_NONE for a made-up one. */
void emit_finish(struct conn *c, const char *reason, const double *usage);
void emit_usage(struct conn *c, const double *usage);
/* A body whose length is known. */
void emit_whole(struct conn *c, const char *type, struct dc_str body);
/* The script has ended: what the framing still needs. */
void emit_end(struct conn *c);

/* Count content that stands in an event of the script's own. */
void emit_count(struct conn *c, struct dc_str json);

#endif
