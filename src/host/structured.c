/*
 * The text comes escaped for the chat file, which changes nothing in JSON: none
 * of its lines can begin like a marker. Models that were asked for JSON in so
 * many words like to put a fence around it, so one is taken off.
 */
#include "host/structured.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/json.h"
#include "host/options.h"

/* Escaped, a text is at most so long. */
#define TEXT_MAX (2 * DC_REPLY_MAX)

enum { NAME_MAX_LEN = 64, WHY_MAX = 36 };

#define FENCE "```"

struct structured {
    char *schema;
    size_t schema_len;

    struct buf text; /* as it came */
    struct buf shown;

    bool json;
    struct dc_schema_report *report; /* NULL: not checked */
    struct dc_error unchecked;       /* why, "" if there is no schema */
};

struct structured *
structured_new(struct dc_str schema)
{
    struct structured *s = mem_alloc(sizeof *s);
    s->schema = mem_copy(schema.ptr, schema.len);
    s->schema_len = schema.len;
    buf_init(&s->text, TEXT_MAX);
    buf_init(&s->shown, TEXT_MAX + sizeof FENCE FENCE "json\n\n");
    return s;
}

struct structured *
structured_again(const struct structured *s)
{
    return structured_new((struct dc_str){s->schema, s->schema_len});
}

void
structured_free(struct structured *s)
{
    if (s == NULL)
        return;
    free(s->schema);
    buf_finish(&s->text);
    buf_finish(&s->shown);
    dc_schema_report_free(s->report);
    free(s);
}

void
structured_reset(struct structured *s)
{
    buf_reset(&s->text);
}

/* ---- the reply ---- */

/* What stands in the fence that text is, or text. */
static struct dc_str
unfence(struct dc_str text)
{
    size_t first = str_find(text, '\n');
    if (!str_starts(text, FENCE) || first == text.len)
        return text;
    struct dc_str inner = str_from(text, first);
    struct dc_str end = {inner.ptr + inner.len - strlen(FENCE), strlen(FENCE)};
    if (inner.len <= end.len || !str_is(end, FENCE))
        return text;
    inner.len -= end.len;
    return str_trim(inner);
}

static void
check(struct structured *s, struct dc_str json)
{
    struct dc_str schema = {s->schema, s->schema_len};
    if (schema.len > 0)
        s->report = dc_schema_check(schema, json, &s->unchecked);
}

static void
show(struct structured *s, struct dc_str json)
{
    buf_add_text(&s->shown, FENCE "json\n");
    buf_add_str(&s->shown, json);
    buf_add_text(&s->shown, "\n" FENCE);
}

/* JSON that gets too long when it is laid out is shown as it came. */
static void
finish(struct structured *s)
{
    struct dc_error err = {.code = DC_OK};
    struct dc_str json = unfence(str_trim(buf_str(&s->text)));
    size_t len = 0;
    char *pretty = dc_json_pretty(json, TEXT_MAX, &len, &err);
    if (pretty != NULL)
        json = (struct dc_str){pretty, len};
    s->json = pretty != NULL || err.code == DC_E_TOO_BIG;
    if (s->json) {
        check(s, json);
        show(s, json);
    } else {
        buf_add_str(&s->shown, buf_str(&s->text));
    }
    dc_free(pretty);
}

struct dc_str
structured_add(struct structured *s, struct dc_str text, bool final)
{
    buf_add_str(&s->text, text);
    if (!final)
        return (struct dc_str){"", 0};
    if (s->text.len > 0)
        finish(s);
    return buf_str(&s->shown);
}

/* ---- what the editor is told ---- */

static struct value *
violation(const struct dc_violation *v)
{
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    buf_add_str(&text, v->pointer);
    buf_add_text(&text, v->pointer.len > 0 ? ": " : "");
    buf_add_str(&text, v->text);
    struct value *pair = value_list();
    value_add(pair, value_int((int64_t)v->line));
    value_add(pair, value_str(buf_str(&text)));
    buf_finish(&text);
    return pair;
}

static void
add_violations(const struct dc_schema_report *report, struct value *about)
{
    if (report == NULL || report->count == 0)
        return;
    struct value *list = value_list();
    for (size_t i = 0; i < report->count; i++)
        value_add(list, violation(&report->items[i]));
    value_put(about, "violations", list);
}

/* It may name what stands in the schema. */
static void
say_unchecked(const struct structured *s, char *line, size_t size)
{
    struct buf why;
    buf_init(&why, WHY_MAX + 1);
    option_show(&why, str_of(s->unchecked.text), WHY_MAX);
    snprintf(line, size, "reply kept unchecked: %s", why.ptr);
    buf_finish(&why);
}

static void
say(const struct structured *s, char *line, size_t size)
{
    const struct dc_schema_report *report = s->report;
    line[0] = '\0';
    if (!s->json)
        snprintf(line, size,
                 "the reply is not JSON, kept as it came; "
                 ":DeepRetry");
    else if (s->unchecked.text[0] != '\0')
        say_unchecked(s, line, size);
    else if (report != NULL && report->count > 0)
        snprintf(line, size,
                 "reply kept, breaks the schema %s%zu time%s; "
                 ":copen",
                 report->more ? "over " : "", report->count,
                 report->count == 1 ? "" : "s");
}

void
structured_tell(const struct structured *s, struct value *about)
{
    char line[160];
    if (s->text.len == 0)
        return;
    add_violations(s->report, about);
    say(s, line, sizeof line);
    if (line[0] != '\0' &&
        str_is(value_as_str(value_get(about, "finish")), "stop"))
        value_put(about, "line", value_text(line));
}

/* ---- what is asked for ---- */

static void
add_name(struct buf *out, struct dc_str name)
{
    for (size_t i = 0; i < name.len && i < NAME_MAX_LEN; i++) {
        char c = name.ptr[i];
        bool plain = c == '-' || c == '_' || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        buf_add_byte(out, plain ? c : '_');
    }
    if (name.len == 0)
        buf_add_text(out, "reply");
}

struct dc_str
structured_format(struct dc_str schema, struct dc_str name)
{
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add_text(&out,
                 "{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"");
    add_name(&out, name);
    buf_add_text(&out, "\",\"strict\":true,\"schema\":");
    buf_add_str(&out, schema);
    buf_add_text(&out, "}}");
    return buf_take_str(&out);
}

bool
structured_asked(const struct config *cfg, struct dc_str *schema)
{
    const struct value *format =
        value_get(config_get(cfg, "extra_body"), "response_format");
    if (format == NULL)
        format = config_get(cfg, "response_format");
    const struct value *rules = value_get(format, "json_schema");
    struct dc_str type = value_as_str(value_get(format, "type"));
    struct buf text;
    *schema = (struct dc_str){"", 0};
    if (!str_is(type, "json_object") && !str_is(type, "json_schema"))
        return false;
    /* llama.cpp takes a schema with json_object, too */
    rules = value_get(rules != NULL ? rules : format, "schema");
    buf_init(&text, DC_JSON_MAX);
    if (rules != NULL)
        json_print(&text, rules);
    *schema = buf_take_str(&text);
    return true;
}
