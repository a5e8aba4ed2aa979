/* Numbers as JSON writes them, compared by their digits, however many. */
#ifndef CORE_JSON_NUMBER_H
#define CORE_JSON_NUMBER_H

#include <stdbool.h>

#include "deepchat.h"

/* Less than 0, 0, more than 0, as a is below, equal to or above b. */
int json_number_compare(struct dc_str a, struct dc_str b);
/* Without a fraction: 1.0 and 1e2 are integers, too. */
bool json_number_whole(struct dc_str number);

#endif
