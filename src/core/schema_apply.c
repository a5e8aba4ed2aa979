/*
 * The keywords that hold schemas of their own: for what is inside of a value,
 * for the same value, or somewhere else in the schema.
 */
#include <stdio.h>

#include "core/schema.h"

/* ---- members ---- */

bool
schema_properties(struct schema_run *r, const struct json_node *word,
                  const struct place *p)
{
    bool ok = true;
    if (p->node->kind != JSON_OBJECT || word->kind != JSON_OBJECT)
        return true;
    const struct json_node *node = json_first(p->node);
    for (; node != NULL && schema_step(r, word->count);
         node = json_next(node)) {
        const struct json_node *schema = json_member(word, node->key);
        struct place at = {p, node, 0};
        if (schema != NULL && !schema_check(r, schema, &at))
            ok = false;
    }
    return ok;
}

/* Which names patternProperties takes is not known here, so with it all do. */
bool
schema_additional(struct schema_run *r, const struct json_node *schema,
                  const struct json_node *word, const struct place *p)
{
    const struct json_node *known = json_member(schema, str_of("properties"));
    bool ok = true;
    if (p->node->kind != JSON_OBJECT ||
        json_member(schema, str_of("patternProperties")) != NULL)
        return true;
    const struct json_node *node = json_first(p->node);
    for (; node != NULL && schema_step(r, known != NULL ? known->count : 1);
         node = json_next(node)) {
        struct place at = {p, node, 0};
        if (json_member(known, node->key) == NULL &&
            !schema_check(r, word, &at))
            ok = false;
    }
    return ok;
}

/* ---- items ---- */

bool
schema_items(struct schema_run *r, const struct json_node *schema,
             const struct json_node *word, const struct place *p)
{
    const struct json_node *prefix = json_member(schema, str_of("prefixItems"));
    size_t skip = prefix != NULL ? prefix->count : 0;
    size_t index = 0;
    bool ok = true;
    if (p->node->kind != JSON_LIST)
        return true;
    const struct json_node *node = json_first(p->node);
    for (; node != NULL && !r->failed; node = json_next(node), index++) {
        struct place at = {p, node, index};
        if (index >= skip && !schema_check(r, word, &at))
            ok = false;
    }
    return ok;
}

bool
schema_prefix(struct schema_run *r, const struct json_node *word,
              const struct place *p)
{
    size_t index = 0;
    bool ok = true;
    if (p->node->kind != JSON_LIST || word->kind != JSON_LIST)
        return true;
    const struct json_node *node = json_first(p->node);
    const struct json_node *schema = json_first(word);
    for (; node != NULL && schema != NULL && !r->failed;
         node = json_next(node), schema = json_next(schema), index++) {
        struct place at = {p, node, index};
        if (!schema_check(r, schema, &at))
            ok = false;
    }
    return ok;
}

/* ---- the same value ---- */

bool
schema_all(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    bool ok = true;
    if (word->kind != JSON_LIST)
        return true;
    const struct json_node *schema = json_first(word);
    for (; schema != NULL && !r->failed; schema = json_next(schema))
        if (!schema_check(r, schema, p))
            ok = false;
    return ok;
}

/* How many of the schemas fit, up to most. */
static size_t
fitting(struct schema_run *r, const struct json_node *word,
        const struct place *p, size_t most)
{
    size_t fit = 0;
    r->muted++;
    const struct json_node *schema = json_first(word);
    for (; schema != NULL && fit < most && !r->failed;
         schema = json_next(schema))
        fit += schema_check(r, schema, p);
    r->muted--;
    return fit;
}

/* The only schema that takes a value of this type, as in "an object of this
 * kind or null"; NULL if there are more. */
static const struct json_node *
meant(struct schema_run *r, const struct json_node *word, const struct place *p)
{
    const struct json_node *found = NULL;
    bool clear = true;
    r->muted++;
    const struct json_node *schema = json_first(word);
    for (; schema != NULL && clear && !r->failed; schema = json_next(schema)) {
        r->mistyped = NULL;
        schema_check(r, schema, p);
        if (r->mistyped == p->node)
            continue;
        clear = found == NULL;
        found = schema;
    }
    r->muted--;
    return clear ? found : NULL;
}

/* What the one that was meant misses helps more than that none fits. */
static bool
say_none(struct schema_run *r, const struct json_node *word,
         const struct place *p)
{
    if (r->muted > 0)
        return false;
    const struct json_node *schema =
        word->count > 1 ? meant(r, word, p) : json_first(word);
    if (schema != NULL)
        return schema_check(r, schema, p);
    return schema_violate(r, p, "is %s, fits none of the %u schemas in %.*s",
                          schema_show(p->node).text, word->count,
                          (int)word->key.len, word->key.ptr);
}

bool
schema_any(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    if (word->kind != JSON_LIST || word->count == 0 ||
        fitting(r, word, p, 1) > 0)
        return true;
    return say_none(r, word, p);
}

bool
schema_one(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    if (word->kind != JSON_LIST || word->count == 0)
        return true;
    size_t fit = fitting(r, word, p, 2);
    if (fit == 0)
        return say_none(r, word, p);
    return fit == 1 || schema_violate(r, p,
                                      "is %s, fits more than one of the %u "
                                      "schemas in oneOf",
                                      schema_show(p->node).text, word->count);
}

/* ---- somewhere else ---- */

static int
hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One name of a pointer in a fragment: %41 is A, ~1 is /, ~0 is ~. */
static void
read_name(struct buf *out, struct dc_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == '%' && name.len - i > 2 && hex(name.ptr[i + 1]) >= 0 &&
            hex(name.ptr[i + 2]) >= 0) {
            c = (char)(hex(name.ptr[i + 1]) * 16 + hex(name.ptr[i + 2]));
            i += 2;
        }
        buf_add_byte(out, c);
    }
    size_t to = 0;
    for (size_t from = 0; from < out->len; from++, to++) {
        out->ptr[to] = out->ptr[from];
        if (out->ptr[from] != '~' || from + 1 >= out->len)
            continue;
        if (out->ptr[from + 1] == '0' || out->ptr[from + 1] == '1')
            out->ptr[to] = out->ptr[++from] == '1' ? '/' : '~';
    }
    buf_cut(out, to);
}

static const struct json_node *
child(const struct json_node *node, struct dc_str name)
{
    size_t index = 0;
    if (node->kind != JSON_LIST)
        return json_member(node, name);
    if (name.len == 0 || name.len > 7)
        return NULL;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return NULL;
        index = index * 10 + (size_t)(name.ptr[i] - '0');
    }
    return json_item(node, index);
}

/* rest is what stands behind "#". */
static const struct json_node *
find(const struct json_node *node, struct dc_str rest)
{
    while (rest.len > 0 && node != NULL) {
        struct dc_str tail = {rest.ptr + 1, rest.len - 1};
        struct dc_str part = {tail.ptr, str_find(tail, '/')};
        struct buf name;
        buf_init(&name, part.len);
        read_name(&name, part);
        node = child(node, buf_str(&name));
        buf_finish(&name);
        rest = (struct dc_str){tail.ptr + part.len, tail.len - part.len};
    }
    return node;
}

bool
schema_ref(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    struct dc_str to = word->text;
    if (word->kind != JSON_STRING || !str_starts(to, "#") ||
        (to.len > 1 && to.ptr[1] != '/'))
        return true;
    if (!schema_step(r, to.len))
        return false;
    const struct json_node *schema =
        find(r->schema, (struct dc_str){to.ptr + 1, to.len - 1});
    if (schema != NULL)
        return schema_check(r, schema, p);
    char line[128];
    struct shown name = schema_show(word);
    snprintf(line, sizeof line, "the schema has no %s", name.text);
    return schema_fail(r, DC_E_SYNTAX, line);
}
