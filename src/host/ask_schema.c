/*
 * json_schema names a file. What it holds travels as it is written, since a
 * value tree would change its numbers.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/allow.h"
#include "host/ask.h"
#include "host/options.h"
#include "host/structured.h"

enum { WHY_MAX = 38 };

/* ---- the file ---- */

static bool
is_json(struct dc_str text)
{
    struct dc_error err = {.code = DC_OK};
    char *pretty = dc_json_pretty(text, DC_JSON_MAX, NULL, &err);
    dc_free(pretty);
    return pretty != NULL || err.code == DC_E_TOO_BIG;
}

/* What a schema says is cut, so that it fits the line. */
static bool
no_verdict(const struct dc_error *why, struct dc_error *err)
{
    struct buf line;
    buf_init(&line, sizeof why->text);
    option_show(&line, str_of(why->text), WHY_MAX);
    fail(err, why->code, "%s; nothing was sent", line.ptr);
    buf_finish(&line);
    return false;
}

/* Servers take objects only, though true is a schema as well. */
static bool
check_schema(struct dc_str text, const char *name, struct dc_error *err)
{
    struct dc_error why;
    if (!is_json(text))
        return allow_refuse(err, name, "is not JSON");
    if (!str_starts(text, "{"))
        return allow_refuse(err, name, "is no JSON schema");
    struct dc_schema_report *report =
        dc_schema_check(text, str_of("null"), &why);
    if (report == NULL)
        return no_verdict(&why, err);
    dc_schema_report_free(report);
    return true;
}

/* "lists/book.schema.json" is called "book". */
static struct dc_str
name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct dc_str name = str_of(slash != NULL ? slash + 1 : path);
    name.len = str_find(name, '.');
    return name;
}

/* Append the schema that the option names, without the blanks around it. */
static bool
load(const struct value *args, const char *option, struct buf *out,
     struct dc_error *err)
{
    char *path;
    struct buf file;
    if (!allow_path(args, option, &path, err))
        return false;
    buf_init(&file, DC_JSON_MAX);
    bool ok = allow_read(path, option, "is over 1 MB", &file, err) &&
              check_schema(str_trim(buf_str(&file)), option, err);
    buf_add_str(out, str_trim(buf_str(&file)));
    buf_finish(&file);
    free(path);
    return ok;
}

/* ---- the request ---- */

static struct dc_str
fit_text(void *user, struct dc_str text, bool final)
{
    return structured_add(user, text, final);
}

static void
begin_anew(void *user)
{
    structured_reset(user);
}

static void
tell(void *user, struct value *about)
{
    structured_tell(user, about);
}

static void *
again(void *user)
{
    return structured_again(user);
}

static void
free_filter(void *user)
{
    structured_free(user);
}

static void
set_filter(struct ask *ask, struct dc_str schema)
{
    ask->request.held = true;
    ask->filter = (struct ask_filter){.add = fit_text,
                                      .anew = begin_anew,
                                      .tell = tell,
                                      .again = again,
                                      .free = free_filter,
                                      .user = structured_new(schema)};
}

/* extra_body has the last word, so it would be sent in the schema's place. */
static bool
check_extra(const struct config *cfg, struct dc_error *err)
{
    const struct value *extra = config_get(cfg, "extra_body");
    return value_get(extra, "response_format") == NULL ||
           fail(err, DC_E_SYNTAX,
                "json_schema, but extra_body has a response_format");
}

static bool
ask_file(struct ask *ask, const char *path, const struct value *args,
         struct dc_error *err)
{
    struct config *cfg = ask->request.cfg;
    struct buf schema;
    buf_init(&schema, DC_JSON_MAX);
    bool ok = check_extra(cfg, err) && load(args, path, &schema, err);
    if (ok) {
        struct dc_str text = buf_str(&schema);
        config_set_param(cfg, "response_format",
                         structured_format(text, name_of(path)));
        set_filter(ask, text);
    }
    buf_finish(&schema);
    return ok;
}

bool
ask_schema(struct ask *ask, const struct value *args, struct dc_error *err)
{
    const char *path = config_text(ask->request.cfg, "json_schema");
    struct dc_str schema;
    if (path != NULL && path[0] != '\0')
        return ask_file(ask, path, args, err);
    if (structured_asked(ask->request.cfg, &schema)) {
        set_filter(ask, schema);
        free((char *)(uintptr_t)schema.ptr);
    }
    return true;
}

bool
ask_no_schema(const struct config *cfg, struct dc_error *err)
{
    const char *path = config_text(cfg, "json_schema");
    return path == NULL || path[0] == '\0' ||
           fail(err, DC_E_SYNTAX, "json_schema is for chats; nothing was sent");
}
