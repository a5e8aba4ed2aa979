/*
 * Reads the corpus. A file that cannot be understood is trouble, never a case
 * less.
 */
#include "seam/cases.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "seam/files.h"

enum { PART_MAX = 1 << 20 };

struct reader {
    struct seam_cases *cases;
    struct buf *part; /* the text that is being read, or NULL */
    const char *name;
    size_t line;
    bool first;   /* the part has no line yet */
    size_t empty; /* lines since the last one that had something */
};

static bool
trouble(struct reader *r, const char *what)
{
    struct buf said;
    buf_init(&said, PART_MAX);
    buf_addf(&said, "%s:%zu: %s", r->name, r->line, what);
    if (r->cases->trouble)
        buf_finish(&said);
    else
        r->cases->trouble = buf_take(&said, &(size_t){0});
    return false;
}

static bool
begin(struct reader *r, struct dc_str title)
{
    struct seam_cases *all = r->cases;
    all->items = mem_resize(all->items, all->count + 1, sizeof *all->items);
    struct seam_case *c = &all->items[all->count++];
    *c = (struct seam_case){.form = DC_FORM_LAST};
    struct buf place;
    buf_init(&place, PART_MAX);
    buf_addf(&place, "%s:%zu: %.*s", r->name, r->line, (int)title.len,
             title.ptr);
    c->place = buf_take(&place, &(size_t){0});
    c->rules = mem_str("");
    buf_init(&c->kept, PART_MAX);
    buf_init(&c->then, PART_MAX);
    buf_init(&c->gives, PART_MAX);
    r->part = NULL;
    return true;
}

static struct seam_case *
current(struct reader *r)
{
    return r->cases->count ? &r->cases->items[r->cases->count - 1] : NULL;
}

static bool
form_of(struct dc_str name, enum dc_form *form)
{
    static const char *const names[] = {"none", "last", "flags", "prefix",
                                        "turn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_is(name, names[i])) {
            *form = (enum dc_form)i;
            return true;
        }
    return false;
}

static bool
setting(struct reader *r, struct dc_str line)
{
    struct seam_case *c = current(r);
    size_t colon = str_find(line, ':');
    struct dc_str name = {line.ptr, colon};
    struct dc_str value = {"", 0};
    if (colon < line.len)
        value = str_trim(
            (struct dc_str){line.ptr + colon + 1, line.len - colon - 1});
    if (c && str_is(name, "rule")) {
        free(c->rules);
        c->rules = mem_copy(value.ptr, value.len);
        return true;
    }
    if (c && str_is(name, "form") && form_of(value, &c->form))
        return true;
    if (c && str_is(name, "fixed"))
        return c->fixed = true;
    if (c && str_is(name, "near miss"))
        return c->near = true;
    return trouble(r, "no such setting");
}

/* Characters that stand for what one cannot see at the end of a line. */
static const struct {
    const char *sign;
    const char *text;
} signs[] = {
    {"␠", " "},  {"␤", "\n"},     {"␉", "\t"},
    {"␍", "\r"}, {"␡", "\u200d"}, {"�", UTF8_REPLACEMENT},
};

static void
add_text(struct buf *out, struct dc_str line)
{
    while (line.len > 0) {
        size_t step = 1, i = 0;
        for (; i < sizeof signs / sizeof *signs; i++)
            if (str_starts(line, signs[i].sign))
                break;
        if (i < sizeof signs / sizeof *signs) {
            step = strlen(signs[i].sign);
            buf_add_text(out, signs[i].text);
        } else {
            buf_add_byte(out, *line.ptr);
        }
        line = (struct dc_str){line.ptr + step, line.len - step};
    }
}

static bool
open_part(struct reader *r, struct dc_str name)
{
    struct seam_case *c = current(r);
    r->first = true;
    r->empty = 0;
    if (c && str_is(name, "kept"))
        r->part = &c->kept;
    else if (c && str_is(name, "then"))
        r->part = &c->then;
    else if (c && str_is(name, "gives"))
        r->part = &c->gives;
    else
        return trouble(r, "no such part");
    return true;
}

static bool
read_line(struct reader *r, struct dc_str line)
{
    r->line++;
    if (str_starts(line, "=== "))
        return begin(r, (struct dc_str){line.ptr + 4, line.len - 4});
    if (str_starts(line, "--- "))
        return open_part(r, (struct dc_str){line.ptr + 4, line.len - 4});
    if (!r->part)
        return line.len == 0 || str_starts(line, "#") || setting(r, line);
    if (line.len == 0) {
        r->empty++;
        return true;
    }
    for (size_t i = r->first ? r->empty : r->empty + 1; i > 0; i--)
        buf_add_byte(r->part, '\n');
    r->first = false;
    r->empty = 0;
    add_text(r->part, line);
    return true;
}

static void
read_file(struct seam_cases *cases, const struct seam_file *file)
{
    struct reader r = {.cases = cases, .name = file->name};
    struct dc_str left = buf_str(&file->text);
    while (left.len > 0) {
        size_t end = str_find(left, '\n');
        if (!read_line(&r, (struct dc_str){left.ptr, end}))
            return;
        if (end < left.len)
            end++;
        left = (struct dc_str){left.ptr + end, left.len - end};
    }
}

static void
check(struct seam_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        struct seam_case *c = &cases->items[i];
        struct reader r = {.cases = cases, .name = c->place};
        if (!*c->rules)
            trouble(&r, "has no rule");
        if (c->kept.len == 0 || c->gives.len == 0)
            trouble(&r, "has no text");
        cases->near += c->near;
    }
}

struct seam_cases
seam_cases_read(const char *folder)
{
    struct seam_cases cases = {0};
    struct seam_files files = seam_files_read(folder, ".txt");
    for (size_t i = 0; i < files.count; i++)
        read_file(&cases, &files.items[i]);
    seam_files_free(&files);
    check(&cases);
    return cases;
}

void
seam_cases_free(struct seam_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        struct seam_case *c = &cases->items[i];
        free(c->place);
        free(c->rules);
        buf_finish(&c->kept);
        buf_finish(&c->then);
        buf_finish(&c->gives);
    }
    free(cases->items);
    free(cases->trouble);
    *cases = (struct seam_cases){0};
}

static bool
listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, name, len) == 0 && (at[len] == '|' || !at[len]))
            return true;
    }
    return false;
}

bool
seam_case_allows(const struct seam_case *c, enum dc_seam_rule rule)
{
    bool kept = rule == DC_SEAM_EXACT || rule == DC_SEAM_BOTH;
    return listed(c->rules, dc_seam_rule_name(rule)) ||
           (kept && listed(c->rules, "kept"));
}

bool
seam_case_right(const struct seam_case *c, struct dc_str joined)
{
    return joined.len == c->gives.len &&
           memcmp(joined.ptr, c->gives.ptr, joined.len) == 0;
}
