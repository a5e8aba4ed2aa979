/*
 * Built in one pass without recursion. The text is known to be good JSON by
 * then, so commas, colons and blanks tell nothing new and are passed over.
 */
#include "core/json_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "core/json_text.h"

struct builder {
    struct json_tree *tree;
    const char *at;
    const char *end;
    size_t cap;

    size_t open[DC_JSON_DEPTH_MAX]; /* containers, the innermost last */
    size_t last[DC_JSON_DEPTH_MAX]; /* the newest node in each */
    size_t depth;

    bool named; /* key is the name of the next node */
    struct dc_str key;
};

/* ---- strings ---- */

static uint32_t
read_hex(const char *at)
{
    char digits[5] = {at[0], at[1], at[2], at[3], '\0'};
    return (uint32_t)strtoul(digits, NULL, 16);
}

/* at is behind "\u"; returns the place behind the whole of it. */
static const char *
add_unit(struct buf *out, const char *at, const char *end)
{
    uint32_t high = read_hex(at);
    at += 4;
    if (high < 0xd800 || high > 0xdbff || end - at < 6 || at[0] != '\\' ||
        at[1] != 'u') {
        utf8_add_point(out, high);
        return at;
    }
    uint32_t low = read_hex(at + 2);
    if (low < 0xdc00 || low > 0xdfff) {
        utf8_add_point(out, high);
        return at;
    }
    utf8_add_point(out, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
    return at + 6;
}

/* at is behind the backslash. */
static const char *
add_escaped(struct buf *out, const char *at, const char *end)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    if (*at == 'u')
        return add_unit(out, at + 1, end);
    const char *found = strchr(from, *at);
    buf_add_byte(out, found != NULL ? to[found - from] : *at);
    return at + 1;
}

/* What a string between its quotes means. It never gets longer, so the buffer
 * that was made at first is not moved. */
static struct dc_str
plain(struct buf *out, struct dc_str inner)
{
    const char *at = inner.ptr, *end = inner.ptr + inner.len;
    size_t from = out->len;
    if (str_find(inner, '\\') == inner.len)
        return inner;
    while (at < end) {
        struct dc_str rest = {at, (size_t)(end - at)};
        size_t run = str_find(rest, '\\');
        buf_add(out, at, run);
        at += run;
        if (at < end)
            at = add_escaped(out, at + 1, end);
    }
    return (struct dc_str){out->ptr + from, out->len - from};
}

/* ---- nodes ---- */

static struct json_node *
add_node(struct builder *b, enum json_kind kind)
{
    struct json_tree *tree = b->tree;
    if (tree->count == b->cap) {
        b->cap = b->cap > 0 ? b->cap * 2 : 16;
        tree->nodes = mem_resize(tree->nodes, b->cap, sizeof *tree->nodes);
    }
    size_t index = tree->count++;
    struct json_node *node = &tree->nodes[index];
    *node = (struct json_node){.kind = kind, .raw.ptr = b->at, .key = b->key};
    b->named = false;
    b->key = (struct dc_str){0};
    if (b->depth > 0) {
        struct json_node *parent = &tree->nodes[b->open[b->depth - 1]];
        size_t *last = &b->last[b->depth - 1];
        if (parent->count++ > 0)
            tree->nodes[*last].step = (uint32_t)(index - *last);
        *last = index;
    }
    return node;
}

static void
open_container(struct builder *b, enum json_kind kind)
{
    add_node(b, kind);
    b->open[b->depth++] = b->tree->count - 1;
    b->at++;
}

static void
close_container(struct builder *b)
{
    struct json_node *node = &b->tree->nodes[b->open[--b->depth]];
    b->at++;
    node->raw.len = (size_t)(b->at - node->raw.ptr);
}

static bool
is_name(const struct builder *b)
{
    return b->depth > 0 && !b->named &&
           b->tree->nodes[b->open[b->depth - 1]].kind == JSON_OBJECT;
}

static void
add_string(struct builder *b)
{
    const char *from = b->at, *at = from + 1;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    struct dc_str inner = {from + 1, (size_t)(at - from - 1)};
    struct dc_str text = plain(&b->tree->plain, inner);
    if (is_name(b)) {
        b->key = text;
        b->named = true;
    } else {
        struct json_node *node = add_node(b, JSON_STRING);
        node->text = text;
        node->raw.len = inner.len + 2;
    }
    b->at = at + 1;
}

/* A number, true, false or null. */
static void
add_word(struct builder *b)
{
    char first = *b->at;
    struct json_node *node = add_node(b, first == 't'   ? JSON_TRUE
                                         : first == 'f' ? JSON_FALSE
                                         : first == 'n' ? JSON_NULL
                                                        : JSON_NUMBER);
    while (b->at < b->end && strchr(" \t\r\n,]}", *b->at) == NULL)
        b->at++;
    node->raw.len = (size_t)(b->at - node->raw.ptr);
}

static void
build(struct builder *b)
{
    while (b->at < b->end) {
        char c = *b->at;
        if (strchr(" \t\r\n,:", c) != NULL)
            b->at++;
        else if (c == '{' || c == '[')
            open_container(b, c == '{' ? JSON_OBJECT : JSON_LIST);
        else if (c == '}' || c == ']')
            close_container(b);
        else if (c == '"')
            add_string(b);
        else
            add_word(b);
    }
}

bool
json_tree_init(struct json_tree *tree, struct dc_str text)
{
    *tree = (struct json_tree){0};
    if (text.len > DC_JSON_MAX || !json_text(text))
        return false;
    buf_init(&tree->plain, text.len);
    buf_room(&tree->plain, text.len);
    struct builder *b = mem_alloc(sizeof *b);
    b->tree = tree;
    b->at = text.ptr;
    b->end = text.ptr + text.len;
    build(b);
    free(b);
    return true;
}

void
json_tree_finish(struct json_tree *tree)
{
    free(tree->nodes);
    buf_finish(&tree->plain);
    *tree = (struct json_tree){0};
}

/* ---- looking ---- */

const struct json_node *
json_first(const struct json_node *node)
{
    return node->count > 0 ? node + 1 : NULL;
}

const struct json_node *
json_next(const struct json_node *node)
{
    return node->step > 0 ? node + node->step : NULL;
}

const struct json_node *
json_member(const struct json_node *node, struct dc_str name)
{
    if (node == NULL || node->kind != JSON_OBJECT)
        return NULL;
    const struct json_node *at = json_first(node);
    while (at != NULL && !str_same(at->key, name))
        at = json_next(at);
    return at;
}

const struct json_node *
json_item(const struct json_node *node, size_t index)
{
    if (node == NULL || node->kind != JSON_LIST)
        return NULL;
    const struct json_node *at = json_first(node);
    for (; at != NULL && index > 0; index--)
        at = json_next(at);
    return at;
}
