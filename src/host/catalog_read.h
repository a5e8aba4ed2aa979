/* What servers say about models, in all their shapes (wire-contract 6). */
#ifndef HOST_CATALOG_READ_H
#define HOST_CATALOG_READ_H

#include "deepchat.h"
#include "host/model_list.h"

/* The items of the array in body: its own, or that of "data" or "models". What
 * is behind a broken place is left out. */
struct model_items {
    const char *at, *end;
    bool broken; /* it ended before its end */
};
/* False if there is no array. */
bool model_items_open(struct model_items *items, struct dc_str body);
bool model_items_next(struct model_items *items, struct dc_str *item);

/* A list in any shape, sorted. False if it is none; out is empty then. */
bool catalog_read_list(struct model_list *out, struct dc_str body);

/* What llama.cpp tells at /props of the model that it runs, and Ollama at
 * /api/show of one that it was asked for. False if body is nothing of that
 * kind. info has no name; its tags are "". */
bool catalog_read_props(struct model_info *info, struct dc_str body);
bool catalog_read_show(struct model_info *info, struct dc_str body);

#endif
