/* The lists of models that are known, by server. */
#include "host/catalog.h"

#include <stdlib.h>

#include "base/mem.h"

struct catalog {
    struct loop *lp;
    struct http *http;
    struct ask *asks;
};

/* Somebody who waits for a list. */
struct ask {
    struct catalog *owner;
    struct ask *next;
    struct config *cfg;
    catalog_fn *done;
    void *user;
    uint64_t timer;
};

struct catalog *
catalog_new(struct loop *lp, struct http *http)
{
    struct catalog *c = mem_alloc(sizeof *c);
    *c = (struct catalog){.lp = lp, .http = http};
    return c;
}

static void
free_ask(struct ask *ask)
{
    loop_timer_stop(ask->owner->lp, ask->timer);
    config_free(ask->cfg);
    free(ask);
}

void
catalog_free(struct catalog *c)
{
    if (c == NULL)
        return;
    while (c->asks != NULL) {
        struct ask *ask = c->asks;
        c->asks = ask->next;
        free_ask(ask);
    }
    free(c);
}

const struct model_info *
catalog_find(struct catalog *c, const struct config *cfg)
{
    (void)c;
    (void)cfg;
    return NULL;
}

bool
catalog_has(struct catalog *c, const struct config *cfg, const char *name)
{
    (void)c;
    (void)cfg;
    (void)name;
    return false;
}

static void
drop(struct ask *ask)
{
    struct ask **at = &ask->owner->asks;
    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    free_ask(ask);
}

static void
on_due(void *user)
{
    struct ask *ask = user;
    ask->timer = 0;
    ask->done(ask->user, NULL, 0, "no list of models is known");
    drop(ask);
}

void
catalog_fetch(struct catalog *c, struct config *cfg, bool fresh,
              catalog_fn *done, void *user)
{
    struct ask *ask = mem_alloc(sizeof *ask);
    (void)fresh;
    *ask = (struct ask){
        .owner = c, .next = c->asks, .cfg = cfg, .done = done, .user = user};
    c->asks = ask;
    ask->timer = loop_timer(c->lp, 0, on_due, ask);
}
