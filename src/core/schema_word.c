/*
 * The keywords of a schema. Each is silent about values of other kinds, as JSON
 * schema has it, and about itself where it has a value that it cannot have.
 */
#include <stdio.h>

#include "core/json_number.h"
#include "core/schema.h"

enum word {
    OTHER, /* not checked, or no keyword */
    TYPE,
    ENUM,
    CONST,
    MINIMUM,
    MAXIMUM,
    ABOVE,
    BELOW,
    MIN_LENGTH,
    MAX_LENGTH,
    MIN_ITEMS,
    MAX_ITEMS,
    MIN_MEMBERS,
    MAX_MEMBERS,
    REQUIRED,
    PROPERTIES,
    ADDITIONAL,
    ITEMS,
    PREFIX,
    ALL,
    ANY,
    ONE,
    REF,
    WORDS,
};

static const char *const words[WORDS] = {
    [TYPE] = "type",
    [ENUM] = "enum",
    [CONST] = "const",
    [MINIMUM] = "minimum",
    [MAXIMUM] = "maximum",
    [ABOVE] = "exclusiveMinimum",
    [BELOW] = "exclusiveMaximum",
    [MIN_LENGTH] = "minLength",
    [MAX_LENGTH] = "maxLength",
    [MIN_ITEMS] = "minItems",
    [MAX_ITEMS] = "maxItems",
    [MIN_MEMBERS] = "minProperties",
    [MAX_MEMBERS] = "maxProperties",
    [REQUIRED] = "required",
    [PROPERTIES] = "properties",
    [ADDITIONAL] = "additionalProperties",
    [ITEMS] = "items",
    [PREFIX] = "prefixItems",
    [ALL] = "allOf",
    [ANY] = "anyOf",
    [ONE] = "oneOf",
    [REF] = "$ref",
};

void
schema_tag(struct json_tree *tree)
{
    for (size_t i = 0; i < tree->count; i++)
        for (uint32_t tag = TYPE; tag < WORDS; tag++)
            if (str_is(tree->nodes[i].key, words[tag]))
                tree->nodes[i].tag = tag;
}

/* ---- type ---- */

static bool
is_type(const struct json_node *node, struct dc_str type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",     [JSON_FALSE] = "boolean",
        [JSON_TRUE] = "boolean",  [JSON_NUMBER] = "number",
        [JSON_STRING] = "string", [JSON_LIST] = "array",
        [JSON_OBJECT] = "object"};
    return str_is(type, names[node->kind]) ||
           (node->kind == JSON_NUMBER && str_is(type, "integer") &&
            json_number_whole(node->raw));
}

/* A list in words: "a", "a or b", "a, b or c"; if long, with dots at the end.
 * bare: without the quotes of strings. */
static struct buf
list(const struct json_node *item, bool bare)
{
    struct buf out;
    buf_init(&out, 240);
    for (bool first = true; item != NULL && out.len < 140; first = false) {
        const struct json_node *next = json_next(item);
        struct shown shown = schema_show(item);
        struct dc_str text = str_of(shown.text);
        if (bare && item->kind == JSON_STRING && text.len >= 2)
            text = (struct dc_str){text.ptr + 1, text.len - 2};
        if (!first)
            buf_add_text(&out, next != NULL ? ", " : " or ");
        buf_add_str(&out, text);
        item = next;
    }
    if (item != NULL)
        buf_add_text(&out, ", ...");
    return out;
}

static bool
is_one_of(const struct json_node *node, const struct json_node *types)
{
    if (types->kind == JSON_STRING)
        return is_type(node, types->text);
    if (types->kind != JSON_LIST || types->count == 0)
        return true;
    const struct json_node *at = json_first(types);
    while (at != NULL && !is_type(node, at->text))
        at = json_next(at);
    return at != NULL;
}

static bool
check_type(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    if (is_one_of(p->node, word))
        return true;
    r->mistyped = p->node;
    if (word->kind == JSON_STRING)
        return schema_violate(r, p, "is %s, not %.*s",
                              schema_show(p->node).text, (int)word->raw.len - 2,
                              word->raw.ptr + 1);
    struct buf wanted = list(json_first(word), true);
    schema_violate(r, p, "is %s, not %s", schema_show(p->node).text,
                   wanted.ptr);
    buf_finish(&wanted);
    return false;
}

/* ---- enum and const ---- */

static bool same(struct schema_run *r, const struct json_node *a,
                 const struct json_node *b);

/* Members in any order; of those with one name the first counts. */
static bool
same_members(struct schema_run *r, const struct json_node *a,
             const struct json_node *b)
{
    const struct json_node *at = json_first(a);
    for (; at != NULL; at = json_next(at)) {
        const struct json_node *other = json_member(b, at->key);
        if (!schema_step(r, b->count) || other == NULL || !same(r, at, other))
            return false;
    }
    return true;
}

static bool
same_items(struct schema_run *r, const struct json_node *a,
           const struct json_node *b)
{
    for (a = json_first(a), b = json_first(b); a != NULL && b != NULL;
         a = json_next(a), b = json_next(b))
        if (!same(r, a, b))
            return false;
    return true;
}

static bool
same(struct schema_run *r, const struct json_node *a, const struct json_node *b)
{
    if (!schema_step(r, 1) || a->kind != b->kind || a->count != b->count)
        return false;
    switch (a->kind) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        return true;
    case JSON_NUMBER:
        return json_number_compare(a->raw, b->raw) == 0;
    case JSON_STRING:
        return str_same(a->text, b->text);
    case JSON_LIST:
        return same_items(r, a, b);
    case JSON_OBJECT:
        return same_members(r, a, b);
    }
    return false;
}

static bool
check_enum(struct schema_run *r, const struct json_node *word,
           const struct place *p)
{
    if (word->kind != JSON_LIST || word->count == 0)
        return true;
    for (const struct json_node *at = json_first(word); at != NULL;
         at = json_next(at))
        if (same(r, p->node, at))
            return true;
    struct buf allowed = list(json_first(word), false);
    schema_violate(r, p, "is %s, not one of %s", schema_show(p->node).text,
                   allowed.ptr);
    buf_finish(&allowed);
    return false;
}

static bool
check_const(struct schema_run *r, const struct json_node *word,
            const struct place *p)
{
    if (same(r, p->node, word))
        return true;
    if (p->node->kind >= JSON_LIST && p->node->kind == word->kind)
        return schema_violate(r, p, "is not the one that is allowed");
    return schema_violate(r, p, "is %s, not %s", schema_show(p->node).text,
                          schema_show(word).text);
}

/* ---- bounds ---- */

static bool
check_bound(struct schema_run *r, const struct json_node *word,
            const struct place *p)
{
    static const char *const said[] = {[MINIMUM] = "below the minimum of",
                                       [MAXIMUM] = "above the maximum of",
                                       [ABOVE] = "takes more than",
                                       [BELOW] = "takes less than"};
    if (p->node->kind != JSON_NUMBER || word->kind != JSON_NUMBER)
        return true;
    int order = json_number_compare(p->node->raw, word->raw);
    bool ok = word->tag == MINIMUM   ? order >= 0
              : word->tag == MAXIMUM ? order <= 0
              : word->tag == ABOVE   ? order > 0
                                     : order < 0;
    return ok || schema_violate(r, p, "is %s, %s %s", schema_show(p->node).text,
                                said[word->tag], schema_show(word).text);
}

/* Characters, not bytes. */
static size_t
length(struct dc_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return n;
}

static bool
check_count(struct schema_run *r, const struct json_node *word,
            const struct place *p)
{
    static const char *const units[] = {[JSON_STRING] = "character",
                                        [JSON_LIST] = "item",
                                        [JSON_OBJECT] = "member"};
    bool least = word->tag == MIN_LENGTH || word->tag == MIN_ITEMS ||
                 word->tag == MIN_MEMBERS;
    enum json_kind kind = word->tag <= MAX_LENGTH  ? JSON_STRING
                          : word->tag <= MAX_ITEMS ? JSON_LIST
                                                   : JSON_OBJECT;
    if (p->node->kind != kind || word->kind != JSON_NUMBER)
        return true;
    size_t n = kind == JSON_STRING ? length(p->node->text) : p->node->count;
    char digits[32];
    snprintf(digits, sizeof digits, "%zu", n);
    int order = json_number_compare(str_of(digits), word->raw);
    if (least ? order >= 0 : order <= 0)
        return true;
    return schema_violate(r, p, "has %zu %s%s, takes at %s %s", n, units[kind],
                          n == 1 ? "" : "s", least ? "least" : "most",
                          schema_show(word).text);
}

static bool
check_required(struct schema_run *r, const struct json_node *word,
               const struct place *p)
{
    bool ok = true;
    if (p->node->kind != JSON_OBJECT || word->kind != JSON_LIST)
        return true;
    const struct json_node *name = json_first(word);
    for (; name != NULL && schema_step(r, p->node->count);
         name = json_next(name))
        if (name->kind == JSON_STRING &&
            json_member(p->node, name->text) == NULL)
            ok = schema_violate(r, p, "%s is missing", schema_show(name).text);
    return ok;
}

/* ---- all of them ---- */

bool
schema_word(struct schema_run *r, const struct json_node *schema,
            const struct json_node *word, const struct place *p)
{
    switch ((enum word)word->tag) {
    case OTHER:
    case WORDS:
        return true;
    case TYPE:
        return check_type(r, word, p);
    case ENUM:
        return check_enum(r, word, p);
    case CONST:
        return check_const(r, word, p);
    case MINIMUM:
    case MAXIMUM:
    case ABOVE:
    case BELOW:
        return check_bound(r, word, p);
    case MIN_LENGTH:
    case MAX_LENGTH:
    case MIN_ITEMS:
    case MAX_ITEMS:
    case MIN_MEMBERS:
    case MAX_MEMBERS:
        return check_count(r, word, p);
    case REQUIRED:
        return check_required(r, word, p);
    case PROPERTIES:
        return schema_properties(r, word, p);
    case ADDITIONAL:
        return schema_additional(r, schema, word, p);
    case ITEMS:
        return schema_items(r, schema, word, p);
    case PREFIX:
        return schema_prefix(r, word, p);
    case ALL:
        return schema_all(r, word, p);
    case ANY:
        return schema_any(r, word, p);
    case ONE:
        return schema_one(r, word, p);
    case REF:
        return schema_ref(r, word, p);
    }
    return true;
}
