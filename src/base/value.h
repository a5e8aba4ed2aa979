/*
 * A neutral tree for what editors and the host say to each other: the same
 * whether it travelled as msgpack or as JSON. Strings may hold any byte and
 * are followed by a NUL that is not counted. Trees own their children.
 */
#ifndef BASE_VALUE_H
#define BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

enum value_kind {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_FLOAT,
    VALUE_STR,
    VALUE_LIST,
    VALUE_MAP,
};

struct value {
    enum value_kind kind;
    bool boolean;
    int64_t integer;
    double number;
    struct dc_str str;
    struct value **items; /* list and map */
    char **keys;          /* map */
    size_t count;
    size_t cap;
};

/* Deeper trees are refused by whoever builds them from bytes. */
#define VALUE_DEPTH_MAX 64

/* Owned (value_free). */
struct value *value_nil(void);
struct value *value_bool(bool boolean);
struct value *value_int(int64_t integer);
struct value *value_float(double number);
struct value *value_str(struct dc_str str); /* kept */
struct value *value_text(const char *text); /* kept; NULL gives nil */
struct value *value_list(void);
struct value *value_map(void);
struct value *value_copy(const struct value *v);
void value_free(struct value *v);

/* item is taken. */
void value_add(struct value *list, struct value *item);
/* item is taken and replaces what stood under key. */
void value_put(struct value *map, const char *key, struct value *item);
/* The same where nothing stands under key yet: it is not looked for. */
void value_put_new(struct value *map, const char *key, struct value *item);
/* Drop key, if it is there. */
void value_drop(struct value *map, const char *key);

/* Borrowed; NULL if v is NULL, of another kind, or has no such item. */
struct value *value_get(const struct value *v, const char *key);
struct value *value_at(const struct value *v, size_t index);

/* The content, or the fallback if v is NULL or of another kind. A float with
 * an integer value counts as an int, 0 and 1 as a bool. */
bool value_as_bool(const struct value *v, bool fallback);
int64_t value_as_int(const struct value *v, int64_t fallback);
double value_as_float(const struct value *v, double fallback);
struct dc_str value_as_str(const struct value *v); /* "" as fallback */
const char *value_as_text(const struct value *v, const char *fallback);

bool value_is(const struct value *v, enum value_kind kind);

#endif
