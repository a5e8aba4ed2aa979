/*
 * How many tokens a request will be, whether they fit into the model's context,
 * and what they cost by the catalogue.
 */
#ifndef HOST_BUDGET_H
#define HOST_BUDGET_H

#include "deepchat.h"
#include "host/catalog.h"

/* The price of what was used, in dollars; negative if it is not known. info
 * may be NULL. */
double budget_price(const struct model_info *info,
                    const struct dc_usage *usage);

#endif
