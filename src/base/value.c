/* Members of a map stand in a row and are looked for one by one: what editors
 * send has few of them. Who makes larger ones sorts them first. */
#include "base/value.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static struct value *
make(enum value_kind kind)
{
    struct value *v = mem_alloc(sizeof *v);
    v->kind = kind;
    return v;
}

struct value *
value_nil(void)
{
    return make(VALUE_NIL);
}

struct value *
value_bool(bool boolean)
{
    struct value *v = make(VALUE_BOOL);
    v->boolean = boolean;
    return v;
}

struct value *
value_int(int64_t integer)
{
    struct value *v = make(VALUE_INT);
    v->integer = integer;
    return v;
}

struct value *
value_float(double number)
{
    struct value *v = make(VALUE_FLOAT);
    v->number = number;
    return v;
}

struct value *
value_str(struct dc_str str)
{
    struct value *v = make(VALUE_STR);
    v->str = (struct dc_str){mem_copy(str.ptr, str.len), str.len};
    return v;
}

struct value *
value_text(const char *text)
{
    if (text == NULL)
        return value_nil();
    return value_str((struct dc_str){text, strlen(text)});
}

struct value *
value_list(void)
{
    return make(VALUE_LIST);
}

struct value *
value_map(void)
{
    return make(VALUE_MAP);
}

static void
free_children(struct value *v)
{
    for (size_t i = 0; i < v->count; i++) {
        value_free(v->items[i]);
        if (v->keys != NULL)
            free(v->keys[i]);
    }
    free(v->items);
    free(v->keys);
}

void
value_free(struct value *v)
{
    if (v == NULL)
        return;
    free_children(v);
    free((char *)(uintptr_t)v->str.ptr);
    free(v);
}

static void
grow(struct value *v)
{
    if (v->count < v->cap)
        return;
    v->cap = v->cap > 0 ? v->cap * 2 : 4;
    v->items = mem_resize(v->items, v->cap, sizeof *v->items);
    if (v->kind == VALUE_MAP)
        v->keys = mem_resize(v->keys, v->cap, sizeof *v->keys);
}

void
value_add(struct value *list, struct value *item)
{
    grow(list);
    list->items[list->count++] = item;
}

/* Index of key in a map, or its count. */
static size_t
find(const struct value *map, const char *key)
{
    size_t i = 0;
    while (i < map->count && strcmp(map->keys[i], key) != 0)
        i++;
    return i;
}

void
value_put(struct value *map, const char *key, struct value *item)
{
    size_t i = find(map, key);
    if (i < map->count) {
        value_free(map->items[i]);
        map->items[i] = item;
        return;
    }
    value_put_new(map, key, item);
}

void
value_put_new(struct value *map, const char *key, struct value *item)
{
    grow(map);
    map->keys[map->count] = mem_str(key);
    map->items[map->count++] = item;
}

void
value_drop(struct value *map, const char *key)
{
    size_t i = find(map, key);
    if (i == map->count)
        return;
    value_free(map->items[i]);
    free(map->keys[i]);
    map->count--;
    for (; i < map->count; i++) {
        map->items[i] = map->items[i + 1];
        map->keys[i] = map->keys[i + 1];
    }
}

struct value *
value_copy(const struct value *v)
{
    if (v == NULL)
        return value_nil();
    struct value *copy = make(v->kind);
    copy->boolean = v->boolean;
    copy->integer = v->integer;
    copy->number = v->number;
    if (v->kind == VALUE_STR)
        copy->str =
            (struct dc_str){mem_copy(v->str.ptr, v->str.len), v->str.len};
    for (size_t i = 0; i < v->count; i++) {
        struct value *item = value_copy(v->items[i]);
        if (v->kind == VALUE_MAP)
            value_put_new(copy, v->keys[i], item);
        else
            value_add(copy, item);
    }
    return copy;
}

struct value *
value_get(const struct value *v, const char *key)
{
    if (v == NULL || v->kind != VALUE_MAP)
        return NULL;
    size_t i = find(v, key);
    return i < v->count ? v->items[i] : NULL;
}

struct value *
value_at(const struct value *v, size_t index)
{
    if (v == NULL || (v->kind != VALUE_LIST && v->kind != VALUE_MAP))
        return NULL;
    return index < v->count ? v->items[index] : NULL;
}

bool
value_is(const struct value *v, enum value_kind kind)
{
    return v != NULL && v->kind == kind;
}

bool
value_as_bool(const struct value *v, bool fallback)
{
    if (value_is(v, VALUE_BOOL))
        return v->boolean;
    if (value_is(v, VALUE_INT) && (v->integer == 0 || v->integer == 1))
        return v->integer == 1;
    return fallback;
}

int64_t
value_as_int(const struct value *v, int64_t fallback)
{
    if (value_is(v, VALUE_INT))
        return v->integer;
    /* the bounds of what a double holds exactly */
    if (value_is(v, VALUE_FLOAT) && v->number > -9007199254740992.0 &&
        v->number < 9007199254740992.0 &&
        (double)(int64_t)v->number == v->number)
        return (int64_t)v->number;
    return fallback;
}

double
value_as_float(const struct value *v, double fallback)
{
    if (value_is(v, VALUE_FLOAT))
        return v->number;
    return value_is(v, VALUE_INT) ? (double)v->integer : fallback;
}

struct dc_str
value_as_str(const struct value *v)
{
    return value_is(v, VALUE_STR) ? v->str : (struct dc_str){"", 0};
}

const char *
value_as_text(const struct value *v, const char *fallback)
{
    return value_is(v, VALUE_STR) ? v->str.ptr : fallback;
}
