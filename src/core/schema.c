/*
 * Does a text fulfil a schema? Both come from outside: a schema can send a
 * check round in circles or double its work at each step, so depth and work
 * are counted, and a verdict is refused rather than waited for.
 */
#include "core/schema.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

/* Items of a list below $ref and anyOf take three levels each. */
enum { LEVEL_MAX = 3 * DC_JSON_DEPTH_MAX };
/* Well under a second. */
#define STEPS_MAX ((size_t)20000000)

bool
schema_fail(struct schema_run *r, enum dc_code code, const char *line)
{
    if (!r->failed)
        fail(r->err, code, "%s", line);
    r->failed = true;
    return false;
}

bool
schema_step(struct schema_run *r, size_t steps)
{
    r->steps += steps;
    if (r->steps > STEPS_MAX)
        return schema_fail(r, DC_E_TOO_BIG, "the schema takes too long");
    return !r->failed;
}

bool
schema_check(struct schema_run *r, const struct json_node *schema,
             const struct place *p)
{
    bool ok = true;
    if (!schema_step(r, 1 + schema->count))
        return false;
    if (r->level == LEVEL_MAX)
        return schema_fail(r, DC_E_TOO_BIG, "the schema goes round in circles");
    if (schema->kind == JSON_FALSE)
        return schema_violate(r, p, "is not allowed here");
    if (schema->kind != JSON_OBJECT)
        return true;
    r->level++;
    const struct json_node *word = json_first(schema);
    for (; word != NULL && (ok || r->muted == 0); word = json_next(word))
        if (!schema_word(r, schema, word, p))
            ok = false;
    r->level--;
    return ok;
}

static void
check_tree(struct schema_run *r, struct dc_str text)
{
    struct json_tree tree;
    if (json_tree_init(&tree, text)) {
        struct place root = {NULL, tree.nodes, 0};
        r->text = text.ptr;
        schema_check(r, r->schema, &root);
    } else {
        struct json_node none = {.raw = {text.ptr, 0}};
        struct place root = {NULL, &none, 0};
        r->text = text.ptr;
        schema_violate(r, &root, "is not JSON");
    }
    json_tree_finish(&tree);
}

static bool
is_schema(const struct json_node *node)
{
    return node->kind == JSON_OBJECT || node->kind == JSON_TRUE ||
           node->kind == JSON_FALSE;
}

struct dc_schema_report *
dc_schema_check(struct dc_str schema, struct dc_str text, struct dc_error *err)
{
    struct json_tree tree;
    bool good = json_tree_init(&tree, schema);
    struct schema_run r = {.schema = tree.nodes, .err = err};
    r.report = mem_alloc(sizeof *r.report);
    if (schema.len > DC_JSON_MAX || text.len > DC_JSON_MAX) {
        schema_fail(&r, DC_E_TOO_BIG,
                    schema.len > DC_JSON_MAX ? "the schema is over 1 MB"
                                             : "over 1 MB, not checked");
    } else if (!good) {
        schema_fail(&r, DC_E_SYNTAX, "the schema is not JSON");
    } else if (!is_schema(tree.nodes)) {
        schema_fail(&r, DC_E_SYNTAX, "the schema is no JSON object");
    } else {
        schema_tag(&tree);
        check_tree(&r, text);
    }
    json_tree_finish(&tree);
    if (!r.failed)
        return r.report;
    dc_schema_report_free(r.report);
    return NULL;
}

void
dc_schema_report_free(struct dc_schema_report *report)
{
    if (report == NULL)
        return;
    for (size_t i = 0; i < report->count; i++) {
        free((void *)(uintptr_t)report->items[i].pointer.ptr);
        free((void *)(uintptr_t)report->items[i].text.ptr);
    }
    free((void *)(uintptr_t)report->items);
    free(report);
}
