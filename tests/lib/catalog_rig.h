/* A catalogue, the scripted server that it asks, and a directory for what it
 * keeps. */
#ifndef TEST_CATALOG_RIG_H
#define TEST_CATALOG_RIG_H

#include "base/buf.h"
#include "host/catalog.h"
#include "host/catalog_cache.h"
#include "host/file.h"
#include "lib/server.h"

struct catalog_rig {
    struct loop *lp;
    struct http *http;
    struct catalog *catalog;
    struct server *sv;
    char *dir;
    const char *url;             /* base_url */
    const char *const *settings; /* "name", JSON, ..., NULL; may be NULL */

    /* what the last one who waited was told */
    int told;
    size_t count;
    char line[256];
};

void catalog_rig_start(struct catalog_rig *rig);
void catalog_rig_stop(struct catalog_rig *rig);
/* Nothing is known, and the server has no requests. */
void catalog_rig_anew(struct catalog_rig *rig);
/* What is in memory is forgotten. */
void catalog_rig_reopen(struct catalog_rig *rig);
/* What the server plays; NULL: it has nothing there. */
void catalog_rig_scripts(struct catalog_rig *rig, const char *models,
                         const char *props, const char *show);

/* Owned (config_free). */
struct config *catalog_rig_config(struct catalog_rig *rig, const char *model);
/* Ask, and until that is told. */
void catalog_rig_fetch(struct catalog_rig *rig, const char *model, bool fresh);
void catalog_rig_ask(struct catalog_rig *rig, const char *model, bool fresh);
void catalog_rig_wait(struct catalog_rig *rig, int told);

bool catalog_rig_has(struct catalog_rig *rig, const char *model);
/* What is known of a model, to read; owned (free), NULL for nothing. */
char *catalog_rig_about(struct catalog_rig *rig, const char *model);
/* The paths that were asked for, behind that of the script. Owned (free). */
char *catalog_rig_asked(struct catalog_rig *rig);
size_t catalog_rig_requests(struct catalog_rig *rig);
char *catalog_rig_endpoint(struct catalog_rig *rig);
/* line with the server's name for HOST. */
void catalog_rig_line(struct catalog_rig *rig, const char *line, char *out,
                      size_t size);

#endif
