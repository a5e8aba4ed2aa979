/* The lists of models that are known, by server, and who waits for one. */
#include "host/catalog.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "host/catalog_cache.h"
#include "host/catalog_get.h"
#include "host/model_list.h"

enum {
    LISTS_MAX = 8, /* in memory; the others stay on disk */
    DAY_S = 24 * 60 * 60,
    JUST_S = 10 * 60, /* new models are rarer than this */
};

/* What one server has. */
struct list {
    char *url; /* NULL: free */
    struct model_list models;
    int64_t when;
    uint64_t used;
    char *refused; /* a name that was not asked for */
};

/* Somebody who waits. */
struct ask {
    struct ask *next;
    catalog_fn *done;
    void *user;
};

/* What they wait for. */
struct work {
    struct catalog *owner;
    struct work *next;
    struct catalog_get *get; /* NULL: the timer brings what is there */
    uint64_t timer;
    int64_t when; /* of the list, if only more about a model is asked for */
    char *url, *state_dir, *model;
    struct ask *asks;
};

struct catalog {
    struct loop *lp;
    struct http *http;
    struct list lists[LISTS_MAX];
    uint64_t uses;
    struct work *works;
};

struct catalog *
catalog_new(struct loop *lp, struct http *http)
{
    struct catalog *c = mem_alloc(sizeof *c);
    *c = (struct catalog){.lp = lp, .http = http};
    return c;
}

/* ---- lists ---- */

static void
empty(struct list *l)
{
    model_list_finish(&l->models);
    free(l->url);
    free(l->refused);
    *l = (struct list){0};
}

static struct list *
in_memory(struct catalog *c, const char *url)
{
    for (size_t i = 0; i < LISTS_MAX; i++)
        if (c->lists[i].url != NULL && strcmp(c->lists[i].url, url) == 0) {
            c->lists[i].used = ++c->uses;
            return &c->lists[i];
        }
    return NULL;
}

/* An empty one for url, in the place of its own or the longest unused. */
static struct list *
make_room(struct catalog *c, const char *url)
{
    struct list *l = in_memory(c, url);
    for (size_t i = 0; l == NULL && i < LISTS_MAX; i++)
        if (c->lists[i].url == NULL)
            l = &c->lists[i];
    if (l == NULL) {
        l = &c->lists[0];
        for (size_t i = 1; i < LISTS_MAX; i++)
            if (c->lists[i].used < l->used)
                l = &c->lists[i];
    }
    char *refused = l->refused;
    bool same = l->url != NULL && strcmp(l->url, url) == 0;
    l->refused = NULL;
    empty(l);
    l->url = mem_str(url);
    l->used = ++c->uses;
    if (same)
        l->refused = refused;
    else
        free(refused);
    return l;
}

/* From the disk, if that is newer than when. */
static struct list *
load(struct catalog *c, const char *state_dir, const char *url, int64_t when)
{
    struct model_list models;
    int64_t kept;
    if (!catalog_load(&models, state_dir, url, &kept))
        return NULL;
    if (kept <= when) {
        model_list_finish(&models);
        return NULL;
    }
    struct list *l = make_room(c, url);
    l->models = models;
    l->when = kept;
    return l;
}

static struct list *
list_of(struct catalog *c, const struct config *cfg)
{
    struct list *l = in_memory(c, config_url(cfg));
    if (l != NULL)
        return l;
    char *state_dir = config_state_dir(cfg);
    l = load(c, state_dir, config_url(cfg), 0);
    free(state_dir);
    return l;
}

/* A clock that was set back makes nothing young. */
static bool
is_young(const struct list *l, int64_t seconds)
{
    int64_t age = (int64_t)time(NULL) - l->when;
    return age >= 0 && age < seconds;
}

/* Another editor may have asked since. */
static struct list *
young_list(struct catalog *c, const struct config *cfg)
{
    struct list *l = list_of(c, cfg);
    if (l == NULL || is_young(l, DAY_S))
        return l;
    char *state_dir = config_state_dir(cfg);
    l = load(c, state_dir, config_url(cfg), l->when);
    free(state_dir);
    return l != NULL && is_young(l, DAY_S) ? l : NULL;
}

const struct model_info *
catalog_find(struct catalog *c, const struct config *cfg)
{
    const struct list *l = list_of(c, cfg);
    return l != NULL ? model_list_find(&l->models, config_model(cfg)) : NULL;
}

bool
catalog_refuse(struct catalog *c, const struct config *cfg, char *line,
               size_t size)
{
    struct list *l = list_of(c, cfg);
    const char *name = config_model(cfg);
    if (l == NULL || l->models.partial || !is_young(l, JUST_S) ||
        model_name_special(name) || model_list_find(&l->models, name) != NULL)
        return false;
    bool again = l->refused != NULL && strcmp(l->refused, name) == 0;
    if (again ||
        !model_near_line(l->models.items, l->models.count, name, line, size))
        return false;
    free(l->refused);
    l->refused = mem_str(name);
    return true;
}

/* ---- waiting ---- */

static void
free_work(struct work *w)
{
    loop_timer_stop(w->owner->lp, w->timer);
    catalog_get_drop(w->get);
    while (w->asks != NULL) {
        struct ask *ask = w->asks;
        w->asks = ask->next;
        free(ask);
    }
    free(w->url);
    free(w->state_dir);
    free(w->model);
    free(w);
}

static void
unlink_work(struct work *w)
{
    struct work **at = &w->owner->works;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

/* Each of them may ask for something again, or make others not wait any more.
 */
static void
tell_all(const struct work *w, const char *line)
{
    for (const struct ask *ask = w->asks; ask != NULL; ask = ask->next) {
        const struct list *l = in_memory(w->owner, w->url);
        if (ask->done != NULL)
            ask->done(ask->user, l != NULL ? l->models.items : NULL,
                      l != NULL ? l->models.count : 0, line);
    }
}

static void
end_work(struct work *w, const char *line)
{
    tell_all(w, line);
    unlink_work(w);
    free_work(w);
}

static void
on_got(void *user, struct model_list *models, const char *line)
{
    struct work *w = user;
    struct catalog *c = w->owner;
    w->get = NULL;
    if (models != NULL) {
        struct list *l = make_room(c, w->url);
        l->models = *models;
        l->when = w->when > 0 ? w->when : (int64_t)time(NULL);
        *models = (struct model_list){0};
        catalog_keep(&l->models, w->state_dir, l->url, l->when);
    } else if (in_memory(c, w->url) == NULL) {
        load(c, w->state_dir, w->url, 0);
    }
    end_work(w, line);
}

static void
on_due(void *user)
{
    struct work *w = user;
    w->timer = 0;
    end_work(w, "");
}

static struct work *
new_work(struct catalog *c, const struct config *cfg)
{
    struct work *w = mem_alloc(sizeof *w);
    *w = (struct work){
        .owner = c,
        .next = c->works,
        .url = mem_str(config_url(cfg)),
        .state_dir = config_state_dir(cfg),
        .model = mem_str(config_model(cfg)),
    };
    c->works = w;
    return w;
}

/* A request that is under way will bring the same; NULL if none will. */
static struct work *
find_work(struct catalog *c, const struct config *cfg)
{
    for (struct work *w = c->works; w != NULL; w = w->next)
        if (w->get != NULL && strcmp(w->url, config_url(cfg)) == 0 &&
            strcmp(w->model, config_model(cfg)) == 0)
            return w;
    return NULL;
}

static void
wait_for(struct work *w, catalog_fn *done, void *user)
{
    struct ask *ask = mem_alloc(sizeof *ask);
    struct ask **last = &w->asks;
    while (*last != NULL)
        last = &(*last)->next;
    *ask = (struct ask){.done = done, .user = user};
    *last = ask;
}

void
catalog_fetch(struct catalog *c, struct config *cfg, bool fresh,
              catalog_fn *done, void *user)
{
    struct list *l = fresh ? NULL : young_list(c, cfg);
    bool more = l != NULL && catalog_get_more(cfg, &l->models);
    struct work *w = l == NULL || more ? find_work(c, cfg) : NULL;
    bool joined = w != NULL;
    if (!joined)
        w = new_work(c, cfg);
    wait_for(w, done, user);
    if (!joined && (l == NULL || more)) {
        w->when = l != NULL ? l->when : 0;
        w->get = catalog_get_start(c->lp, c->http, cfg,
                                   l != NULL ? &l->models : NULL, on_got, w);
        return;
    }
    if (!joined)
        w->timer = loop_timer(c->lp, 0, on_due, w);
    config_free(cfg);
}

void
catalog_forget(struct catalog *c, const void *user)
{
    for (struct work *w = c->works; w != NULL; w = w->next)
        for (struct ask *ask = w->asks; ask != NULL; ask = ask->next)
            if (ask->user == user)
                ask->done = NULL;
}

void
catalog_free(struct catalog *c)
{
    if (c == NULL)
        return;
    for (struct work *w = c->works; w != NULL; w = w->next)
        tell_all(w, "stopped");
    while (c->works != NULL) {
        struct work *w = c->works;
        c->works = w->next;
        free_work(w);
    }
    for (size_t i = 0; i < LISTS_MAX; i++)
        empty(&c->lists[i]);
    free(c);
}
