/* Models are sorted by the bytes of their names, which are compared as they
 * are: servers do the same. */
#include "host/model_list.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"

static void
drop(struct model_info *info)
{
    free((char *)(uintptr_t)info->name);
    free((char *)(uintptr_t)info->tags);
}

void
model_list_finish(struct model_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        drop(&list->items[i]);
    free(list->items);
    *list = (struct model_list){0};
}

void
model_list_copy(struct model_list *to, const struct model_list *from)
{
    *to = (struct model_list){.source = from->source, .partial = from->partial};
    for (size_t i = 0; i < from->count; i++)
        model_list_add(to, &from->items[i]);
}

void
model_info_init(struct model_info *info)
{
    *info = (struct model_info){
        .context = -1,
        .max_output = -1,
        .price_in = -1,
        .price_out = -1,
        .price_cached = -1,
        .chat = -1,
        .vision = -1,
        .tools = -1,
        .reasoning = -1,
        .tags = "",
    };
}

static void
fill_number(double *number, double more)
{
    if (more >= 0)
        *number = more;
}

static void
fill_flag(int *flag, int more)
{
    if (more >= 0)
        *flag = more;
}

void
model_info_fill(struct model_info *info, const struct model_info *more)
{
    fill_number(&info->context, more->context);
    fill_number(&info->max_output, more->max_output);
    fill_number(&info->price_in, more->price_in);
    fill_number(&info->price_out, more->price_out);
    fill_number(&info->price_cached, more->price_cached);
    fill_flag(&info->chat, more->chat);
    fill_flag(&info->vision, more->vision);
    fill_flag(&info->tools, more->tools);
    fill_flag(&info->reasoning, more->reasoning);
    info->asked = info->asked || more->asked;
    if (info->tags[0] == '\0' && more->tags[0] != '\0') {
        free((char *)(uintptr_t)info->tags);
        info->tags = mem_str(more->tags);
    }
}

bool
model_name_ok(struct dc_str name)
{
    if (name.len == 0 || name.len > MODEL_NAME_MAX || !utf8_clean(name))
        return false;
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] <= ' ' || name.ptr[i] == 0x7f)
            return false;
    return true;
}

void
model_list_add(struct model_list *list, const struct model_info *info)
{
    if (list->count == MODELS_MAX) {
        list->partial = true;
        return;
    }
    if (list->count == list->cap) {
        list->cap = list->cap > 0 ? list->cap * 2 : 16;
        list->items = mem_resize(list->items, list->cap, sizeof *list->items);
    }
    struct model_info *item = &list->items[list->count++];
    *item = *info;
    item->name = mem_str(info->name);
    item->tags = mem_str(info->tags);
}

/* ---- by name ---- */

static int
by_name(const void *a, const void *b)
{
    const struct model_info *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void
model_list_sort(struct model_list *list)
{
    size_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof *list->items, by_name);
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->items[kept].name, list->items[i].name) == 0)
            drop(&list->items[i]);
        else
            list->items[++kept] = list->items[i];
    list->count = kept + 1;
}

struct model_info *
model_list_get(const struct model_list *list, const char *name)
{
    struct model_info key = {.name = name};
    if (list->count == 0)
        return NULL;
    return bsearch(&key, list->items, list->count, sizeof key, by_name);
}

bool
model_name_special(const char *name)
{
    return strchr(name, ':') != NULL;
}

bool
model_list_any(const struct model_list *list)
{
    return list->source == MODELS_LLAMA && list->count == 1;
}

/* The part in front of the last colon, or with one put behind it. */
static struct model_info *
find_version(const struct model_list *list, const char *name)
{
    const char *colon = strrchr(name, ':');
    char *other;
    if (colon != NULL) {
        other = mem_copy(name, (size_t)(colon - name));
    } else {
        struct buf text;
        buf_init(&text, SIZE_MAX / 2);
        buf_addf(&text, "%s:latest", name);
        other = buf_take(&text, NULL);
    }
    struct model_info *info = model_list_get(list, other);
    free(other);
    return info;
}

struct model_info *
model_list_find(const struct model_list *list, const char *name)
{
    struct model_info *info = model_list_get(list, name);
    if (info == NULL && name[0] != '\0')
        info = find_version(list, name);
    bool only = list->count == 1 && !list->partial && name[0] == '\0';
    if (info == NULL && (only || model_list_any(list)))
        info = &list->items[0];
    return info;
}

/* What a price is counted in is known of the list alone. */
static void
fill_all_but_price(struct model_info *info, struct model_info more)
{
    if (info->price_in >= 0 || info->price_out >= 0)
        more.price_in = more.price_out = more.price_cached = -1;
    model_info_fill(info, &more);
}

void
model_list_merge(struct model_list *list, const struct model_list *more)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct model_info *known =
            model_list_get(more, list->items[i].name);
        if (known != NULL)
            fill_all_but_price(&list->items[i], *known);
    }
}
