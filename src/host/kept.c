/* A table of a few, the oldest first. */
#include "host/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct item {
    int64_t id;
    struct journal *journal; /* NULL: let go */
    char *path;              /* of one that was let go */
};

struct kept {
    struct item *items;
    size_t count, cap;
    size_t open;       /* that are not let go; they stand last */
    size_t remembered; /* at most, of the others */
};

struct kept *
kept_new(void)
{
    return mem_alloc(sizeof(struct kept));
}

void
kept_remember(struct kept *kept, size_t count)
{
    kept->remembered = count;
}

static struct item
take(struct kept *kept, size_t at)
{
    struct item item = kept->items[at];
    kept->count--;
    kept->open -= item.journal != NULL;
    memmove(kept->items + at, kept->items + at + 1,
            (kept->count - at) * sizeof *kept->items);
    return item;
}

static void
leave(struct item item)
{
    journal_close(item.journal);
    free(item.path);
}

void
kept_free(struct kept *kept)
{
    if (kept == NULL)
        return;
    while (kept->count > 0)
        leave(take(kept, kept->count - 1));
    free(kept->items);
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

/* The oldest that is still held. */
static void
let_go(struct kept *kept)
{
    struct item *item = &kept->items[kept->count - kept->open];
    item->path = mem_str(journal_path(item->journal));
    journal_close(item->journal);
    item->journal = NULL;
    kept->open--;
    if (kept->count - kept->open > kept->remembered)
        leave(take(kept, 0));
}

void
kept_add(struct kept *kept, int64_t id, struct journal *journal)
{
    if (journal == NULL)
        return;
    if (kept->open == KEPT_MAX)
        let_go(kept);
    if (kept->count == kept->cap) {
        kept->cap = kept->cap * 2 + 8;
        kept->items = mem_resize(kept->items, kept->cap, sizeof *kept->items);
    }
    kept->items[kept->count++] = (struct item){.id = id, .journal = journal};
    kept->open++;
}

void
kept_saved(struct kept *kept, int64_t id)
{
    for (size_t at; (at = find(kept, id)) < kept->count;) {
        struct item item = take(kept, at);
        journal_remove(item.journal);
        if (item.path != NULL)
            journal_forget(item.path);
        free(item.path);
    }
}

void
kept_closed(struct kept *kept, int64_t id)
{
    for (size_t at; (at = find(kept, id)) < kept->count;)
        leave(take(kept, at));
}
