/*
 * Replies that are JSON: the form that a request asks for, and what becomes of
 * such a reply. It is shown once all of it is there, laid out in a fenced
 * block; what in it does not follow the schema is told to the editor. One that
 * is no JSON stays as it came.
 */
#ifndef HOST_STRUCTURED_H
#define HOST_STRUCTURED_H

#include <stdbool.h>

#include "base/value.h"
#include "deepchat.h"
#include "host/config.h"

struct structured;

/* What replies are checked against, kept; "" if any JSON will do. */
struct structured *structured_new(struct dc_str schema);
/* For another reply that is to follow the same. */
struct structured *structured_again(const struct structured *s);
/* NULL is ignored. */
void structured_free(struct structured *s);

/* More of the reply. "" until it is final, then all that is to be shown;
 * borrowed. */
struct dc_str structured_add(struct structured *s, struct dc_str text,
                             bool final);
/* What came so far is void. */
void structured_reset(struct structured *s);

/* After the end: about is what the editor is told of it (about_end()). Puts in
 * a line for the user, unless there is one that matters more, and, if something
 * breaks the schema, violations: a list of [line, text], where the fence is
 * line 0 and the text begins with a JSON pointer. */
void structured_tell(const struct structured *s, struct value *about);

/* The response_format that asks for the schema, which is a JSON text; name is
 * made one that servers take. Owned (free). */
struct dc_str structured_format(struct dc_str schema, struct dc_str name);

/* The response_format that is sent asks for JSON. *schema is the schema that it
 * names, owned (free), "" if none. */
bool structured_asked(const struct config *cfg, struct dc_str *schema);

#endif
