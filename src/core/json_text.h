/* Is this JSON? cJSON answers too kindly for text that is sent on as it is: it
 * takes raw controls, broken UTF-8, 01 and 1. for good. */
#ifndef CORE_JSON_TEXT_H
#define CORE_JSON_TEXT_H

#include <stdbool.h>

#include "deepchat.h"

/* True if text is one JSON value (RFC 8259) in valid UTF-8, at most
 * DC_JSON_DEPTH_MAX deep, with blanks around it at most. */
bool json_text(struct dc_str text);

#endif
