/* A table of a few, the oldest first. */
#include "host/kept.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct item {
    int64_t id;
    struct journal *journal;
};

struct kept {
    struct item items[KEPT_MAX];
    size_t count;
};

struct kept *
kept_new(void)
{
    return mem_alloc(sizeof(struct kept));
}

static struct journal *
take(struct kept *kept, size_t at)
{
    struct journal *journal = kept->items[at].journal;
    kept->count--;
    memmove(kept->items + at, kept->items + at + 1,
            (kept->count - at) * sizeof *kept->items);
    return journal;
}

void
kept_free(struct kept *kept)
{
    if (kept == NULL)
        return;
    while (kept->count > 0)
        journal_close(take(kept, 0));
    free(kept);
}

static size_t
find(const struct kept *kept, int64_t id)
{
    size_t at = 0;
    while (at < kept->count && kept->items[at].id != id)
        at++;
    return at;
}

bool
kept_has(const struct kept *kept, int64_t id)
{
    return find(kept, id) < kept->count;
}

void
kept_add(struct kept *kept, int64_t id, struct journal *journal)
{
    if (journal == NULL)
        return;
    if (kept->count == KEPT_MAX)
        journal_close(take(kept, 0));
    kept->items[kept->count++] = (struct item){id, journal};
}

void
kept_saved(struct kept *kept, int64_t id)
{
    size_t at = find(kept, id);
    if (at < kept->count)
        journal_remove(take(kept, at));
}

void
kept_closed(struct kept *kept, int64_t id)
{
    size_t at = find(kept, id);
    if (at < kept->count)
        journal_close(take(kept, at));
}
