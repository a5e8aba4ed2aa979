/*
 * JSON text as a tree of slices: numbers keep their digits, and a place in the
 * tree is a place in the text. One row of nodes in the order of the text, a
 * container before what it holds.
 */
#ifndef CORE_JSON_TREE_H
#define CORE_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "deepchat.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_LIST,
    JSON_OBJECT,
};

struct json_node {
    enum json_kind kind;
    uint32_t step;      /* nodes to the next one in the same container, or 0 */
    uint32_t count;     /* list, object: what it holds */
    uint32_t tag;       /* of the user of the tree; 0 */
    struct dc_str raw;  /* as it is written */
    struct dc_str text; /* string: what it means; may hold NULs */
    struct dc_str key;  /* member of an object: the same for its name */
};

struct json_tree {
    struct json_node *nodes; /* the first is the root */
    size_t count;
    struct buf plain; /* the strings that are written with escapes */
};

/* False if text is no JSON (json_text) or DC_JSON_MAX bytes are not enough.
 * Text is borrowed for the life of the tree. */
bool json_tree_init(struct json_tree *tree, struct dc_str text);
void json_tree_finish(struct json_tree *tree);

/* NULL if there is none. */
const struct json_node *json_first(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);
/* The first member of that name; NULL if node is NULL or no object. */
const struct json_node *json_member(const struct json_node *node,
                                    struct dc_str name);
const struct json_node *json_item(const struct json_node *node, size_t index);

#endif
