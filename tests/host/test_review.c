/* Rewrites between an editor and the host: replies of every kind, and what the
 * editor is told of them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/review.h"
#include "lib/review_rig.h"

enum { TEXT_MAX = 1 << 20 };

#define OLD "int\nmain(void)\n{\n    return 0;\n}\n"
#define NEW "int\nmain(void)\n{\n    puts(\"hi\");\n    return 1;\n}\n"
#define END "finish stop\ndone\n"

/* ---- ends ---- */

/* clang-format off */
static const struct {
    const char *title, *reply, *tail;
    const char *outcome, *finish, *text;
    size_t hunks, journals;
} ends[] = {
    {"a change", NEW, END, "hunks", "stop", NEW, 1, 1},
    {"all new", "a\nb\n", END, "hunks", "stop", "a\nb\n", 1, 1},
    {"no newline at the end", "int\nmain(void)\n{\n    return 1;\n}", END,
     "hunks", "stop", "int\nmain(void)\n{\n    return 1;\n}\n", 1, 1},
    {"the same", OLD, END, "same", "stop", OLD, 0, 1},
    {"empty", "", END, "empty", "error", OLD, 0, 0},
    {"prose", "I'm sorry, but I can't help with that.", END, "refused", "stop",
     OLD, 0, 1},
    {"cut by its length", "int\nmain(int argc)\n{\n    return 0;\n", 
     "finish length\ndone\n", "cut", "length",
     "int\nmain(int argc)\n{\n    return 0;\n}\n", 1, 1},
    {"cut in a hunk", "int\nmain(int argc)\n{ puts",
     "finish length\ndone\n", "cut", "length", OLD, 1, 1},
    {"lost", "int\nmain(int argc)\n{\n    return 0;\n", "rst\n", "cut", "interrupted",
     "int\nmain(int argc)\n{\n    return 0;\n}\n", 1, 1},
    {"an error", "", "status 401\njson {\"error\":{\"message\":\"no\"}}\n",
     "error", "error", OLD, 0, 0},
};
/* clang-format on */

static void
expect_end(struct review_rig *r, size_t i)
{
    int64_t id = (int64_t)i + 1;
    char name[16];
    snprintf(name, sizeof name, "end%zu", i);
    review_rig_script(r, name, ends[i].reply, 4, ends[i].tail);
    struct value *args = review_rig_args(r, id, name, OLD);
    value_put(value_get(args, "settings"), "continue_rounds", value_int(0));
    review_rig_ask(r, args, NULL);
    review_rig_serve(r, i + 1);
    review_rig_expect(r, id, ends[i].outcome, ends[i].finish, ends[i].text);
    const struct seen *seen = review_rig_seen(r, id);
    const char *line = value_as_text(value_get(seen->about, "line"), NULL);
    cr_assert_not_null(line);
    cr_expect_eq(line[0] == '\0', strcmp(ends[i].outcome, "hunks") == 0,
                 "%s: %s", ends[i].title, line);
    cr_expect_leq(strlen(line), 58, "%s", line);
    cr_expect_eq(seen->model.hunks->count, ends[i].hunks, "%s: %zu hunks",
                 ends[i].title, seen->model.hunks->count);
    cr_expect_eq(host_rig_journals(&r->base), ends[i].journals, "%s",
                 ends[i].title);
    review_rig_id(r, "rewrite_closed", id);
    cr_expect_eq(host_rig_journals(&r->base), 0, "%s", ends[i].title);
}

Test(review, ends, .timeout = 60)
{
    struct review_rig r;
    review_rig_start(&r, TEXT_MAX);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        expect_end(&r, i);
    review_rig_idle(&r, 50);
    for (const struct seen *seen = r.seen; seen != NULL; seen = seen->next)
        cr_expect_eq(seen->finished, 1);
    review_rig_stop(&r);
}
