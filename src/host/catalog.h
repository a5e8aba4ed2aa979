/*
 * What servers tell about their models: names, context sizes, prices, what
 * they can do. Asked for on demand only, and kept on disk for a day and for
 * when a server cannot be reached. Lists of model servers know a size only of
 * the model that runs, so an entry may say little more than a name.
 */
#ifndef HOST_CATALOG_H
#define HOST_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "host/config.h"
#include "host/http.h"
#include "host/loop.h"

struct catalog;

struct model_info {
    const char *name;
    double context, max_output;               /* tokens; -1 unknown */
    double price_in, price_out, price_cached; /* USD a token; -1 unknown */
    int vision, tools, reasoning;             /* 1, 0, -1 unknown */
    const char *tags;                         /* "chat vision", or "" */
};

struct catalog *catalog_new(struct loop *lp, struct http *http);
/* Whoever waits is not told any more. */
void catalog_free(struct catalog *c);

/* What is known, in memory or in the cache on disk, of the model of cfg at its
 * server; NULL: nothing. Never waits for the network. Borrowed until the next
 * catalog call or turn of the loop. */
const struct model_info *catalog_find(struct catalog *c,
                                      const struct config *cfg);
/* The server's list, as far as it is known, has a model of this name. */
bool catalog_has(struct catalog *c, const struct config *cfg, const char *name);

/* models is borrowed until it returns; line: for the user, "" if all is well.
 */
typedef void catalog_fn(void *user, const struct model_info *models,
                        size_t count, const char *line);
/* The list, fetched unless the cache is younger than a day, or if a fresh one
 * is asked for; a stale one is used if the server cannot be reached. done is
 * called exactly once, from the loop. cfg is taken. */
void catalog_fetch(struct catalog *c, struct config *cfg, bool fresh,
                   catalog_fn *done, void *user);

#endif
