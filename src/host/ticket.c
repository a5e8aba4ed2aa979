/* A list: few calls are out at a time. */
#include "host/ticket.h"

#include <stdlib.h>

#include "base/mem.h"

struct ticket {
    struct tickets *all;
    int64_t id;
    struct ticket *next;
};

struct ticket *
ticket_new(struct tickets *all, int64_t id)
{
    struct ticket *t = mem_alloc(sizeof *t);
    *t = (struct ticket){all, id, all->first};
    all->first = t;
    return t;
}

int64_t
ticket_redeem(struct ticket *t, void **owner)
{
    struct ticket **at = &t->all->first;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    *owner = t->all->owner;
    int64_t id = t->id;
    free(t);
    return id;
}

void
tickets_free(struct tickets *all)
{
    while (all->first != NULL) {
        struct ticket *t = all->first;
        all->first = t->next;
        free(t);
    }
}
