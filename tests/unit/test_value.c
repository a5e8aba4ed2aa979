/* Value trees: building, looking up, converting, copying. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/value.h"

static bool
same(const struct value *a, const struct value *b)
{
    if (a->kind != b->kind || a->count != b->count || a->str.len != b->str.len)
        return false;
    if (a->boolean != b->boolean || a->integer != b->integer ||
        a->number != b->number)
        return false;
    if (a->str.len > 0 && memcmp(a->str.ptr, b->str.ptr, a->str.len) != 0)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (a->keys != NULL && strcmp(a->keys[i], b->keys[i]) != 0)
            return false;
        if (!same(a->items[i], b->items[i]))
            return false;
    }
    return true;
}

/* One of each kind, in a list and a map. */
static struct value *
sample(void)
{
    struct value *map = value_map();
    struct value *list = value_list();
    value_add(list, value_nil());
    value_add(list, value_bool(true));
    value_add(list, value_int(INT64_MIN));
    value_add(list, value_float(0.5));
    value_add(list, value_str((struct dc_str){"a\0b", 3}));
    value_add(list, value_str((struct dc_str){NULL, 0}));
    value_put(map, "list", list);
    value_put(map, "", value_map());
    value_put(map, "text", value_text("x"));
    value_put(map, "none", value_text(NULL));
    return map;
}

Test(value, trees, .timeout = 10)
{
    struct value *map = sample();
    const struct value *list = value_get(map, "list");
    cr_expect(value_is(list, VALUE_LIST));
    cr_expect(value_is(value_at(list, 0), VALUE_NIL));
    cr_expect(value_is(value_get(map, "none"), VALUE_NIL));
    cr_expect(value_is(value_get(map, ""), VALUE_MAP));
    struct dc_str s = value_as_str(value_at(list, 4));
    cr_expect(s.len == 3 && memcmp(s.ptr, "a\0b", 4) == 0, "a NUL behind");
    cr_expect_str_eq(value_as_text(value_at(list, 5), "?"), "");

    cr_expect_null(value_at(list, 6));
    cr_expect_null(value_at(list, SIZE_MAX));
    cr_expect_not_null(value_at(map, 3));
    cr_expect_null(value_at(map, 4));
    cr_expect_null(value_at(NULL, 0));
    cr_expect_null(value_at(value_at(list, 4), 0), "a string has no items");
    cr_expect_null(value_get(map, "lis"));
    cr_expect_null(value_get(list, "list"), "a list has no keys");
    cr_expect_null(value_get(NULL, "list"));
    cr_expect(!value_is(NULL, VALUE_NIL));
    value_free(map);
    value_free(NULL);
}

/* Through every growth of the arrays; the order is that of the first put. */
Test(value, put_and_drop, .timeout = 10)
{
    char key[16];
    struct value *map = value_map();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 100; i++) {
            snprintf(key, sizeof key, "k%d", i);
            value_put(map, key, value_int(i + round));
        }
    cr_expect_eq(map->count, 100, "a second put replaces");
    cr_expect_eq(value_as_int(value_get(map, "k99"), -1), 100);
    value_drop(map, "absent");
    cr_expect_eq(map->count, 100);
    value_drop(map, "k0");
    value_drop(map, "k99");
    value_drop(map, "k50");
    cr_expect_eq(map->count, 97);
    cr_expect_null(value_get(map, "k0"));
    cr_expect_null(value_get(map, "k50"));
    cr_expect_str_eq(map->keys[0], "k1");
    cr_expect_str_eq(map->keys[49], "k51");
    cr_expect_eq(value_as_int(value_at(map, 49), -1), 52);
    cr_expect_eq(value_as_int(value_get(map, "k98"), -1), 99);
    value_free(map);
}

Test(value, copies, .timeout = 10)
{
    struct value *map = sample();
    struct value *copy = value_copy(map);
    cr_expect(same(map, copy));
    value_drop(map, "list");
    cr_expect(!same(map, copy), "the copy is its own");
    cr_expect_eq(value_as_int(value_at(value_get(copy, "list"), 2), 0),
                 INT64_MIN);
    value_free(map);
    value_free(copy);
    copy = value_copy(NULL);
    cr_expect(value_is(copy, VALUE_NIL));
    value_free(copy);
}

/* clang-format off */
static const struct {
    struct value v;
    int boolean;      /* -1: the fallback */
    int64_t integer;  /* -77: the fallback */
    double number;    /* -77: the fallback */
} conversions[] = {
    {{.kind = VALUE_NIL},                                     -1, -77, -77},
    {{.kind = VALUE_BOOL, .boolean = true},                    1, -77, -77},
    {{.kind = VALUE_BOOL},                                     0, -77, -77},
    {{.kind = VALUE_INT, .integer = 0},                        0, 0, 0},
    {{.kind = VALUE_INT, .integer = 1},                        1, 1, 1},
    {{.kind = VALUE_INT, .integer = 2},                       -1, 2, 2},
    {{.kind = VALUE_INT, .integer = -1},                      -1, -1, -1},
    {{.kind = VALUE_INT, .integer = INT64_MAX},               -1, INT64_MAX,
        9223372036854775808.0},
    {{.kind = VALUE_FLOAT, .number = 2},                      -1, 2, 2},
    {{.kind = VALUE_FLOAT, .number = -3},                     -1, -3, -3},
    {{.kind = VALUE_FLOAT, .number = 2.5},                    -1, -77, 2.5},
    {{.kind = VALUE_FLOAT, .number = 9007199254740991.0},     -1,
        9007199254740991, 9007199254740991.0},
    {{.kind = VALUE_FLOAT, .number = 9007199254740992.0},     -1, -77,
        9007199254740992.0},
    {{.kind = VALUE_FLOAT, .number = -9007199254740992.0},    -1, -77,
        -9007199254740992.0},
    {{.kind = VALUE_FLOAT, .number = 1e300},                  -1, -77, 1e300},
    {{.kind = VALUE_STR, .str = {"1", 1}},                    -1, -77, -77},
    {{.kind = VALUE_LIST},                                    -1, -77, -77},
};
/* clang-format on */

Test(value, converts, .timeout = 10)
{
    for (size_t i = 0; i < sizeof conversions / sizeof *conversions; i++) {
        const struct value *v = &conversions[i].v;
        bool fixed = conversions[i].boolean >= 0;
        bool truth = conversions[i].boolean == 1;
        cr_expect_eq(value_as_bool(v, true), fixed ? truth : true, "%zu", i);
        cr_expect_eq(value_as_bool(v, false), fixed ? truth : false, "%zu", i);
        cr_expect_eq(value_as_int(v, -77), conversions[i].integer, "%zu", i);
        cr_expect_eq(value_as_float(v, -77), conversions[i].number, "%zu", i);
        bool text = v->kind == VALUE_STR;
        cr_expect_str_eq(value_as_text(v, "no"), text ? "1" : "no");
        cr_expect_eq(value_as_str(v).len, text ? 1 : 0);
    }
    cr_expect(value_as_bool(NULL, true));
    cr_expect_eq(value_as_int(NULL, 5), 5);
    cr_expect_eq(value_as_float(NULL, 5), 5);
    cr_expect_null(value_as_text(NULL, NULL));
}
