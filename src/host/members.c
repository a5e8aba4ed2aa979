/*
 * dc_request_body() gives extra_body the last word, so a member that stands in
 * there is changed there.
 */
#include "host/members.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/json.h"

static struct dc_str
print(const struct value *v)
{
    struct buf out;
    buf_init(&out, DC_REQUEST_MAX);
    json_print(&out, v);
    return buf_take_str(&out);
}

static void
drop(struct dc_str text)
{
    free((char *)(uintptr_t)text.ptr);
}

static void
print_rest(struct members *m)
{
    drop(m->extra);
    m->extra = (struct dc_str){0};
    if (m->rest->count > 0)
        m->extra = print(m->rest);
}

void
members_init(struct members *m, const struct config *cfg)
{
    const struct value *extra = config_get(cfg, "extra_body");
    const struct dc_param *params = config_params(cfg, &m->count);
    m->params = mem_resize(NULL, m->count + 1, sizeof *m->params);
    for (size_t i = 0; i < m->count; i++) {
        struct dc_str text = params[i].value;
        m->params[i].name = params[i].name;
        m->params[i].value =
            (struct dc_str){mem_copy(text.ptr, text.len), text.len};
    }
    m->rest = value_is(extra, VALUE_MAP) ? value_copy(extra) : value_map();
    m->extra = (struct dc_str){0};
    print_rest(m);
}

void
members_finish(struct members *m)
{
    for (size_t i = 0; i < m->count; i++)
        drop(m->params[i].value);
    free(m->params);
    drop(m->extra);
    value_free(m->rest);
    *m = (struct members){0};
}

static size_t
find(const struct members *m, const char *name)
{
    size_t i = 0;
    while (i < m->count && strcmp(m->params[i].name, name) != 0)
        i++;
    return i;
}

static void
set_param(struct members *m, const char *name, const struct value *value)
{
    size_t i = find(m, name);
    if (i == m->count) {
        m->params = mem_resize(m->params, ++m->count, sizeof *m->params);
        m->params[i] = (struct dc_param){.name = name};
    }
    drop(m->params[i].value);
    m->params[i].value = print(value);
}

void
members_set(struct members *m, const char *name, struct value *value)
{
    if (value_get(m->rest, name) != NULL) {
        value_put(m->rest, name, value);
        print_rest(m);
    } else {
        set_param(m, name, value);
        value_free(value);
    }
}

static bool
has(const struct members *m, const char *name)
{
    return find(m, name) < m->count || value_get(m->rest, name) != NULL;
}

/* What stands in extra_body is what is sent. */
char *
members_get(const struct members *m, const char *name)
{
    const struct value *set = value_get(m->rest, name);
    size_t i = find(m, name);
    if (set != NULL)
        return (char *)(uintptr_t)print(set).ptr;
    if (i == m->count)
        return NULL;
    return mem_copy(m->params[i].value.ptr, m->params[i].value.len);
}

void
members_drop(struct members *m, const char *name)
{
    size_t i = find(m, name);
    if (i < m->count) {
        drop(m->params[i].value);
        m->count--;
        memmove(&m->params[i], &m->params[i + 1],
                (m->count - i) * sizeof *m->params);
    }
    if (value_get(m->rest, name) != NULL) {
        value_drop(m->rest, name);
        print_rest(m);
    }
}

void
members_rename(struct members *m, const char *from, const char *to)
{
    const struct value *set = value_get(m->rest, from);
    size_t i = find(m, from);
    if (set != NULL && !has(m, to))
        value_put(m->rest, to, value_copy(set));
    else if (set == NULL && i < m->count && !has(m, to))
        m->params[i].name = to;
    members_drop(m, from);
}

void
members_template(struct members *m, const char *name, struct value *value)
{
    static const char kwargs[] = "chat_template_kwargs";
    char *text = members_get(m, kwargs);
    struct value *map = text != NULL ? json_parse(str_of(text)) : value_map();
    if (!value_is(map, VALUE_MAP)) {
        value_free(map);
        map = value_map();
    }
    value_put(map, name, value);
    members_set(m, kwargs, map);
    free(text);
}

void
members_thinking_off(struct members *m)
{
    members_template(m, "enable_thinking", value_bool(false));
}

void
members_effort_none(struct members *m)
{
    if (!has(m, "reasoning_effort") && !has(m, "reasoning"))
        members_set(m, "reasoning_effort", value_text("none"));
}

static const char *
limit_name(const struct members *m)
{
    const char *newer = "max_completion_tokens";
    return value_get(m->rest, newer) != NULL ? newer : "max_tokens";
}

double
members_max_tokens(const struct members *m)
{
    const char *name = limit_name(m);
    const struct value *set = value_get(m->rest, name);
    size_t i = find(m, name);
    if (set != NULL || i == m->count)
        return value_as_float(set, -1);
    return strtod(m->params[i].value.ptr, NULL);
}

void
members_set_max_tokens(struct members *m, int64_t tokens)
{
    members_set(m, limit_name(m), value_int(tokens));
}
