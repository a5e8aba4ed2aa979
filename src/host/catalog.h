/*
 * What servers tell about their models: names, context sizes, prices, what
 * they can do. Asked for on demand only, and kept on disk for a day and for
 * when a server cannot be reached. Some servers know a size only of the model
 * that was asked about, so an entry may say little more than a name.
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
    int chat, vision, tools, reasoning;       /* 1, 0, -1 unknown */
    const char *tags;                         /* "chat vision", or "" */
    bool asked; /* about this one alone, where lists tell little */
};

struct catalog *catalog_new(struct loop *lp, struct http *http);
/* Tells whoever still waits. Not from inside a catalog_fn. */
void catalog_free(struct catalog *c);

/* What is known, in memory or in the cache on disk, of the model of cfg at its
 * server; NULL: nothing. "NAME:VERSION" is known as NAME, and a server with one
 * model answers to any name. Never waits for the network. Borrowed until the
 * next catalog call or turn of the loop. */
const struct model_info *catalog_find(struct catalog *c,
                                      const struct config *cfg);
/* It was read within minutes, is complete, has no such model, but one or two
 * whose names are near: line says so, for the user. Once for a name: who says
 * it again means it. */
bool catalog_refuse(struct catalog *c, const struct config *cfg, char *line,
                    size_t size);

/* models is borrowed until it returns; line: for the user, "" if all is well.
 */
typedef void catalog_fn(void *user, const struct model_info *models,
                        size_t count, const char *line);
/* The list, sorted by name, with what can be had about the model of cfg.
 * Fetched unless the cache is younger than a day, or if a fresh one is asked
 * for; a stale one is used if the server cannot be reached. done is called
 * exactly once, from the loop. cfg is taken. */
void catalog_fetch(struct catalog *c, struct config *cfg, bool fresh,
                   catalog_fn *done, void *user);
/* Nobody with this user waits any more: done is not called for them. */
void catalog_forget(struct catalog *c, const void *user);

#endif
