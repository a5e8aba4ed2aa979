/* A check of a text against a schema, while it runs. */
#ifndef CORE_SCHEMA_H
#define CORE_SCHEMA_H

#include "core/json_tree.h"
#include "deepchat.h"

/* Where a value stands in the text. */
struct place {
    const struct place *up; /* NULL: the root */
    const struct json_node *node;
    size_t index; /* in a list */
};

struct schema_run {
    const struct json_node *schema; /* the root of it */
    const char *text;
    struct dc_schema_report *report;
    unsigned muted; /* above 0: only tried out, nothing is reported */
    unsigned level; /* of checks inside of checks */
    const struct json_node *mistyped; /* the last value of a wrong type */
    size_t steps;                     /* what was done so far */
    bool failed; /* *err is set; every check ends at once */
    struct dc_error *err;
};

/* The value at the place fulfils the schema. */
bool schema_check(struct schema_run *r, const struct json_node *schema,
                  const struct place *p);
/* Always false: no verdict can be given. */
bool schema_fail(struct schema_run *r, enum dc_code code, const char *line);
/* Count work; false once it is too much. */
bool schema_step(struct schema_run *r, size_t steps);

/* ---- keywords (schema_word.c) ---- */

/* Gives the members of all schemas in the tree their tags. */
void schema_tag(struct json_tree *tree);
/* What one keyword of the schema, with its value, says about the place. */
bool schema_word(struct schema_run *r, const struct json_node *schema,
                 const struct json_node *word, const struct place *p);

/* Those that hold other schemas (schema_apply.c). */
bool schema_properties(struct schema_run *r, const struct json_node *word,
                       const struct place *p);
bool schema_additional(struct schema_run *r, const struct json_node *schema,
                       const struct json_node *word, const struct place *p);
bool schema_items(struct schema_run *r, const struct json_node *schema,
                  const struct json_node *word, const struct place *p);
bool schema_prefix(struct schema_run *r, const struct json_node *word,
                   const struct place *p);
bool schema_all(struct schema_run *r, const struct json_node *word,
                const struct place *p);
bool schema_any(struct schema_run *r, const struct json_node *word,
                const struct place *p);
bool schema_one(struct schema_run *r, const struct json_node *word,
                const struct place *p);
bool schema_ref(struct schema_run *r, const struct json_node *word,
                const struct place *p);

/* ---- words for the user (schema_say.c) ---- */

/* Always false; the text is taken as in printf. */
bool schema_violate(struct schema_run *r, const struct place *p,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A value as it is written, cut, or its kind. */
struct shown {
    char text[48];
};
struct shown schema_show(const struct json_node *node);

#endif
