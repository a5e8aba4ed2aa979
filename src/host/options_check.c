/* What an option takes, said and enforced. */
#include <float.h>
#include <string.h>

#include "base/error.h"
#include "host/json.h"
#include "host/options.h"
#include "host/url.h"

enum { SHOWN_MAX = 24 };

struct value *
option_read(const struct option *opt, struct dc_str text)
{
    struct value *v = json_parse(text);
    bool str = value_is(v, VALUE_STR) || value_is(v, VALUE_NIL);
    bool fits = v != NULL;
    if (opt->type == OPTION_TEXT)
        fits = str;
    else if (opt->type == OPTION_LIST)
        fits = str || value_is(v, VALUE_LIST);
    if (fits)
        return v;
    value_free(v);
    return value_str(text);
}

static void
add_number(struct buf *out, double d)
{
    buf_addf(out, "%.*g", d < 1e15 && d > -1e15 ? 15 : 16, d);
}

static void
add_range(struct buf *out, double low, double high)
{
    if (low == DBL_TRUE_MIN) {
        buf_add_text(out, "above 0 up to ");
    } else {
        add_number(out, low);
        buf_add_text(out, " to ");
    }
    add_number(out, high);
}

/* "a b c" as "a, b or c". */
static void
add_choices(struct buf *out, const char *choices)
{
    const char *last = strrchr(choices, ' ');
    for (const char *p = choices; *p != '\0'; p++) {
        if (*p != ' ')
            buf_add_byte(out, *p);
        else
            buf_add_text(out, p == last ? " or " : ", ");
    }
}

void
option_takes(struct buf *out, const struct option *opt)
{
    static const char *const kinds[] = {
        [OPTION_TEXT] = "text",
        [OPTION_BOOL] = "true or false",
        [OPTION_INT] = "an integer, ",
        [OPTION_NUMBER] = "",
        [OPTION_LIST] = "a text or a list of texts",
        [OPTION_JSON] = "a list",
        [OPTION_MAP] = "a dictionary",
    };
    if (opt->choices != NULL)
        add_choices(out, opt->choices);
    else
        buf_add_text(out, kinds[opt->type]);
    if (opt->choices != NULL &&
        (opt->type == OPTION_JSON || opt->type == OPTION_MAP))
        buf_add_text(out, ", or a dictionary");
    if (opt->type == OPTION_INT || opt->type == OPTION_NUMBER)
        add_range(out, opt->low, opt->high);
}

/* NAME is X, takes Y. What may be a key is not shown. */
static bool
misfit(const struct option *opt, const struct value *v, struct dc_error *err)
{
    struct buf line, shown;
    buf_init(&line, 250);
    buf_init(&shown, DC_REQUEST_MAX);
    buf_add_text(&line, opt->name);
    if (strncmp(opt->name, "api_key", 7) != 0 && json_print(&shown, v)) {
        buf_add_text(&line, " is ");
        option_show(&line, buf_str(&shown), SHOWN_MAX);
        buf_add_byte(&line, ',');
    }
    buf_add_text(&line, " takes ");
    option_takes(&line, opt);
    fail(err, DC_E_SYNTAX, "%s", line.ptr);
    buf_finish(&shown);
    buf_finish(&line);
    return false;
}

static bool
is_choice(const char *choices, struct dc_str text)
{
    if (choices == NULL)
        return true;
    struct dc_str rest = str_of(choices);
    while (rest.len > 0)
        if (str_same(str_cut(&rest, ' '), text))
            return true;
    return false;
}

/* Text of the program's own kind: no NUL inside, so it is a C string. */
static bool
is_text(const struct value *v)
{
    return value_is(v, VALUE_STR) && str_find(v->str, '\0') == v->str.len;
}

static bool
check_text_list(const struct value *v)
{
    if (is_text(v))
        return true;
    bool ok = value_is(v, VALUE_LIST);
    for (size_t i = 0; ok && i < v->count; i++)
        ok = is_text(v->items[i]);
    return ok;
}

/* An integer is made one, whatever it came as; false if it is out of range. */
static bool
check_number(const struct option *opt, struct value **v)
{
    double number = value_as_float(*v, opt->high + 1);
    bool whole = opt->type == OPTION_NUMBER || value_is(*v, VALUE_INT) ||
                 value_as_int(*v, 0) == value_as_int(*v, 1);
    if (!whole || !(number >= opt->low && number <= opt->high))
        return false;
    if (opt->type == OPTION_INT && value_is(*v, VALUE_FLOAT)) {
        struct value *integer = value_int(value_as_int(*v, 0));
        value_free(*v);
        *v = integer;
    }
    return true;
}

static bool
check_bool(struct value **v)
{
    bool yes = value_as_bool(*v, false);
    if (yes != value_as_bool(*v, true))
        return false;
    value_free(*v);
    *v = value_bool(yes);
    return true;
}

static bool
check_json(const struct option *opt, const struct value *v)
{
    if (opt->choices != NULL)
        return value_is(v, VALUE_MAP) ||
               (is_text(v) && is_choice(opt->choices, v->str));
    bool ok = value_is(v, VALUE_LIST);
    for (size_t i = 0; ok && i < v->count; i++)
        ok = value_is(v->items[i], VALUE_MAP);
    return ok;
}

/* A choice is short for a dictionary with that type. */
static bool
check_map(const struct option *opt, struct value **v)
{
    if (opt->choices != NULL && is_text(*v) && (*v)->str.len > 0 &&
        is_choice(opt->choices, (*v)->str)) {
        struct value *map = value_map();
        value_put(map, "type", *v);
        *v = map;
    }
    return value_is(*v, VALUE_MAP);
}

static bool
check_type(const struct option *opt, struct value **v)
{
    switch (opt->type) {
    case OPTION_TEXT:
        return is_text(*v) && is_choice(opt->choices, (*v)->str);
    case OPTION_BOOL:
        return check_bool(v);
    case OPTION_INT:
    case OPTION_NUMBER:
        return check_number(opt, v);
    case OPTION_LIST:
        return check_text_list(*v);
    case OPTION_JSON:
        return check_json(opt, *v);
    case OPTION_MAP:
        return check_map(opt, v);
    }
    return false;
}

/* Lua has one empty table for both. */
static void
turn_empty(const struct option *opt, struct value **v)
{
    bool list = value_is(*v, VALUE_LIST) && opt->type == OPTION_MAP;
    bool map = value_is(*v, VALUE_MAP) &&
               (opt->type == OPTION_LIST || opt->type == OPTION_JSON);
    if ((!list && !map) || (*v)->count > 0)
        return;
    value_free(*v);
    *v = list ? value_map() : value_list();
}

static bool
check_url(const struct value *v, struct dc_error *err)
{
    struct url url;
    bool ok = url_read(&url, v->str, err);
    url_finish(&url);
    return ok;
}

static bool
is_variable(struct dc_str name)
{
    bool ok = name.len > 0 && !(name.ptr[0] >= '0' && name.ptr[0] <= '9');
    for (size_t i = 0; ok && i < name.len; i++) {
        char c = name.ptr[i];
        ok = c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
             (c >= '0' && c <= '9');
    }
    return ok;
}

/* A key pasted here by mistake must not be shown. */
static bool
check_env(const struct value *v, struct dc_error *err)
{
    bool ok = v->kind == VALUE_LIST || is_variable(v->str);
    for (size_t i = 0; ok && v->kind == VALUE_LIST && i < v->count; i++)
        ok = is_variable(v->items[i]->str);
    return ok || fail(err, DC_E_SYNTAX,
                      "api_key_env takes names of variables, not a key");
}

static bool
check_cmd(const struct value *v, struct dc_error *err)
{
    struct dc_str first =
        value_as_str(v->kind == VALUE_LIST ? value_at(v, 0) : v);
    if (v->kind == VALUE_LIST && v->count == 0)
        return true;
    if (v->kind == VALUE_STR && str_find(first, ' ') < first.len)
        return fail(err, DC_E_SYNTAX,
                    "api_key_cmd takes a list, like [\"pass\", \"ai\"]");
    return first.len > 0 ||
           fail(err, DC_E_SYNTAX, "api_key_cmd names no program");
}

static bool
check_dir(const struct option *opt, const struct value *v, struct dc_error *err)
{
    bool ok = v->str.len == 0 || v->str.ptr[0] == '/' || str_is(v->str, "~") ||
              str_starts(v->str, "~/");
    return ok || fail(err, DC_E_SYNTAX, "%s takes an absolute path", opt->name);
}

/* What the type does not say. */
static bool
check_more(const struct option *opt, const struct value *v,
           struct dc_error *err)
{
    if (strcmp(opt->name, "base_url") == 0)
        return check_url(v, err);
    if (strcmp(opt->name, "api_key_env") == 0)
        return check_env(v, err);
    if (strcmp(opt->name, "api_key_cmd") == 0)
        return check_cmd(v, err);
    if (strcmp(opt->name, "chat_dir") == 0 ||
        strcmp(opt->name, "state_dir") == 0)
        return check_dir(opt, v, err);
    if (opt->type == OPTION_LIST && v->kind == VALUE_LIST &&
        (double)v->count > opt->high)
        return fail(err, DC_E_SYNTAX, "%s has %zu texts, takes at most %.0f",
                    opt->name, v->count, opt->high);
    return true;
}

bool
option_check(const struct option *opt, struct value **v, struct dc_error *err)
{
    if (value_is(*v, VALUE_NIL))
        return true;
    turn_empty(opt, v);
    if (!check_type(opt, v))
        return misfit(opt, *v, err);
    return check_more(opt, *v, err);
}
