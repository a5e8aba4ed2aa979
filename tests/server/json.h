/* Just enough JSON to look into a request: slices of the text, no tree. A
 * value that is not there, or of another kind, is an empty slice. */
#ifndef SERVER_JSON_H
#define SERVER_JSON_H

#include "base/buf.h"

/* The member's value as written (a string with its quotes). Borrowed. */
struct dc_str json_member(struct dc_str object, const char *name);
struct dc_str json_item(struct dc_str array, size_t index);
/* The item at *at, which is 0 for the first one and is moved to the next. */
struct dc_str json_next(struct dc_str array, size_t *at);

/* Append the text of a JSON string; false if value is none. */
bool json_text(struct buf *out, struct dc_str value);

/* Append text as the inside of a JSON string. Bytes over 0x7f go as they
 * are, so that broken UTF-8 can be put on the wire. */
void json_escape(struct buf *out, struct dc_str text);

#endif
