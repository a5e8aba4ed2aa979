/* JSON text <-> value trees; the host's only user of cJSON. */
#ifndef HOST_JSON_H
#define HOST_JSON_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/value.h"
#include "deepchat.h"

/* The tree of one JSON text; owned (value_free). NULL if it is not JSON, has
 * anything but blanks behind it, or is nested over VALUE_DEPTH_MAX. Integers
 * up to 2^53 come as ints. */
struct value *json_parse(struct dc_str text);

/* Append v as JSON; false if out is full or v is deeper than VALUE_DEPTH_MAX.
 * Invalid UTF-8 and NULs become U+FFFD. Integers keep all digits. */
bool json_print(struct buf *out, const struct value *v);

#endif
