/*
 * Each place is read into a map of checked values first; the maps are laid over
 * each other then. Nil in a map means: as if no weaker place had set it. A
 * provider's options lie just below the place that chose it, so that a model
 * named there wins, but above g:deepchat, which describes another server.
 */
#include "host/config_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/json.h"
#include "host/options.h"
#include "host/provider.h"

enum { LAYER_SETTINGS, LAYER_BUFFER, LAYER_CHAT, LAYER_ARGUMENTS, LAYERS };

/* Put where the error happened in front of its text. Always NULL. */
static void *__attribute__((format(printf, 2, 3)))
located(struct dc_error *err, const char *format, ...)
{
    struct dc_error whole;
    va_list args;
    if (err == NULL)
        return NULL;
    va_start(args, format);
    vsnprintf(whole.text, sizeof whole.text, format, args);
    va_end(args);
    size_t len = strlen(whole.text);
    snprintf(whole.text + len, sizeof whole.text - len, "%s", err->text);
    memcpy(err->text, whole.text, sizeof err->text);
    return NULL;
}

/* v is taken. */
static bool
put_checked(struct value *map, const struct option *opt, struct value *v,
            struct dc_error *err)
{
    bool ok = option_check(opt, &v, err);
    if (ok)
        value_put(map, opt->name, v);
    else
        value_free(v);
    return ok;
}

static bool
is_empty(const struct value *v)
{
    if (v == NULL || v->kind == VALUE_NIL)
        return true;
    return (v->kind == VALUE_LIST || v->kind == VALUE_MAP) && v->count == 0;
}

/* True if an option may stand there. */
static bool
fits(const struct option *opt, unsigned where)
{
    return opt != NULL && (opt->where & where);
}

static struct value *
read_dict(const struct value *from, struct dc_error *err)
{
    struct value *map = value_map();
    bool ok = true;
    if (from == NULL || is_empty(from))
        return map;
    if (from->kind != VALUE_MAP) {
        value_free(map);
        fail(err, DC_E_SYNTAX, "options take a dictionary");
        return NULL;
    }
    for (size_t i = 0; ok && i < from->count; i++) {
        const struct option *opt = option_find(from->keys[i]);
        ok = fits(opt, OPTION_SETTINGS)
                 ? put_checked(map, opt, value_copy(from->items[i]), err)
                 : option_refuse(from->keys[i], OPTION_SETTINGS, err);
    }
    if (ok)
        return map;
    value_free(map);
    return NULL;
}

static bool
is_set(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, name);
    return v != NULL && v->kind != VALUE_NIL;
}

/* What only makes sense once for the whole program. */
static bool
check_provider(const struct value *map, struct dc_error *err)
{
    static const char *const names[] = {"providers", "provider",  "host",
                                        "chat_dir",  "state_dir", "mcp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (value_get(map, names[i]) != NULL)
            return fail(err, DC_E_SYNTAX, "%s may not stand in a provider",
                        names[i]);
    bool key = is_set(map, "api_key_env") || is_set(map, "api_key_cmd");
    if (key && !is_set(map, "base_url"))
        return fail(err, DC_E_SYNTAX, "a key, but no base_url it belongs to");
    return true;
}

/* What a built-in provider has stands beneath what the user says of it, unless
 * that is a server of the user's own. A command is not passed over for a
 * variable. */
static void
lay_beneath(struct value *map, const struct provider *p)
{
    if (p == NULL || is_set(map, "base_url"))
        return;
    value_put(map, "base_url", value_text(p->base_url));
    if (value_get(map, "api_key_env") == NULL && !is_set(map, "api_key_cmd"))
        value_put(map, "api_key_env", json_parse(str_of(p->keys)));
}

static struct value *
read_provider(const char *name, const struct value *from, struct dc_error *err)
{
    struct value *map = read_dict(from, err);
    if (map != NULL)
        lay_beneath(map, provider_named(name));
    if (map != NULL && !check_provider(map, err)) {
        value_free(map);
        map = NULL;
    }
    if (map != NULL)
        return map;
    struct buf shown;
    buf_init(&shown, 64);
    option_show(&shown, str_of(name), 17);
    located(err, "provider %s: ", shown.len > 0 ? shown.ptr : "\"\"");
    buf_finish(&shown);
    return NULL;
}

/* Check every provider in a map of settings, chosen or not. */
static bool
read_providers(struct value *settings, struct dc_error *err)
{
    struct value *all = value_get(settings, "providers");
    for (size_t i = 0; value_is(all, VALUE_MAP) && i < all->count; i++) {
        struct value *map = read_provider(all->keys[i], all->items[i], err);
        if (map == NULL)
            return false;
        value_free(all->items[i]);
        all->items[i] = map;
    }
    return true;
}

static struct value *
read_settings(const struct value *from, struct dc_error *err)
{
    struct value *map = read_dict(from, err);
    if (map == NULL || read_providers(map, err))
        return map;
    value_free(map);
    return NULL;
}

/* One "name: value" or "name=value". */
static bool
read_pair(struct value *map, struct dc_str name, struct dc_str value,
          unsigned where, struct dc_error *err)
{
    char *key = mem_copy(name.ptr, name.len);
    const struct option *opt = option_find(key);
    bool ok = fits(opt, where)
                  ? put_checked(map, opt, option_read(opt, value), err)
                  : option_refuse(key, where, err);
    free(key);
    return ok;
}

static struct value *
read_chat(const struct dc_transcript *chat, struct dc_error *err)
{
    struct value *map = value_map();
    const struct dc_field *field;
    for (size_t i = 0; chat && (field = dc_transcript_field(chat, i)); i++)
        if (!read_pair(map, field->key, field->value, OPTION_FILE, err)) {
            value_free(map);
            return located(err, "line %zu: ", field->line);
        }
    return map;
}

static bool
read_argument(struct value *map, struct dc_str text, struct dc_error *err)
{
    if (str_starts(text, "++"))
        text = (struct dc_str){text.ptr + 2, text.len - 2};
    size_t equals = str_find(text, '=');
    struct dc_str name = {text.ptr, equals};
    struct dc_str value = str_of("true");
    if (equals < text.len)
        value = (struct dc_str){text.ptr + equals + 1, text.len - equals - 1};
    char *key = mem_copy(name.ptr, name.len);
    const struct option *opt = option_find(key);
    free(key);
    if (fits(opt, OPTION_ARGUMENT) && opt->type != OPTION_BOOL &&
        equals == text.len)
        return fail(err, DC_E_SYNTAX, "%s takes a value: ++%s=...", opt->name,
                    opt->name);
    return read_pair(map, name, value, OPTION_ARGUMENT, err);
}

/* One that a role's file holds: say where. */
static bool
read_of_role(struct value *map, const struct value *item, struct dc_error *err)
{
    struct buf name;
    if (read_argument(map, value_as_str(value_at(item, 0)), err))
        return true;
    buf_init(&name, 64);
    option_show(&name, value_as_str(value_at(item, 1)), 17);
    located(err, "role %s, line %lld: ", name.len > 0 ? name.ptr : "\"\"",
            (long long)value_as_int(value_at(item, 2), 0));
    buf_finish(&name);
    return false;
}

static struct value *
read_arguments(const struct value *list, struct dc_error *err)
{
    struct value *map = value_map();
    bool ok = is_empty(list) || list->kind == VALUE_LIST ||
              fail(err, DC_E_SYNTAX, "arguments take a list");
    for (size_t i = 0; ok && !is_empty(list) && i < list->count; i++)
        ok = value_is(list->items[i], VALUE_LIST)
                 ? read_of_role(map, list->items[i], err)
                 : read_argument(map, value_as_str(list->items[i]), err);
    if (ok)
        return map;
    value_free(map);
    return NULL;
}

/* The strongest place that chooses a provider, or LAYERS. */
static size_t
chooser(struct value *const *layers)
{
    for (size_t i = LAYERS; i-- > 0;)
        if (value_get(layers[i], "provider") != NULL)
            return value_as_str(value_get(layers[i], "provider")).len > 0
                       ? i
                       : LAYERS;
    return LAYERS;
}

/* The known name that is nearest so far. */
struct nearest {
    const char *name; /* that is unknown */
    const char *best;
    size_t edits;
};

static void
look_at(struct nearest *near, const char *known)
{
    size_t edits = option_edits(near->name, known);
    if (edits >= near->edits || edits >= strlen(known))
        return;
    near->edits = edits;
    near->best = known;
}

static void
look_at_all(struct nearest *near, const struct value *all)
{
    for (size_t i = 0; value_at(all, i) != NULL; i++)
        look_at(near, all->keys[i]);
}

static struct value *
refuse_name(struct value *const *layers, const char *name, struct dc_error *err)
{
    enum { FAR = 4 };
    struct nearest near = {name, NULL, FAR};
    struct buf text;
    buf_init(&text, 200);
    buf_add_text(&text, "unknown provider ");
    option_show(&text, str_of(name), 17);
    for (size_t i = 0; provider_nth(i) != NULL; i++)
        look_at(&near, provider_nth(i)->name);
    for (size_t i = 0; i <= LAYER_BUFFER; i++)
        look_at_all(&near, value_get(layers[i], "providers"));
    if (near.best != NULL) {
        buf_add_text(&text, "; did you mean ");
        option_show(&text, str_of(near.best), 24);
        buf_add_text(&text, "?");
    } else {
        buf_add_text(&text, "; see :h deepchat-providers");
    }
    fail(err, DC_E_SYNTAX, "%s", text.ptr);
    buf_finish(&text);
    return NULL;
}

static struct value *
find_provider(struct value *const *layers, const char *name,
              struct dc_error *err)
{
    for (size_t i = LAYER_BUFFER + 1; i-- > 0;) {
        struct value *all = value_get(layers[i], "providers");
        if (value_get(all, name) != NULL)
            return value_copy(value_get(all, name));
    }
    if (provider_named(name) != NULL)
        return read_provider(name, NULL, err);
    return refuse_name(layers, name, err);
}

static void
drop_keys(struct value *map)
{
    value_drop(map, "api_key_env");
    value_drop(map, "api_key_cmd");
}

/* Lay map over values. A new URL starts without the keys of the old one. */
static void
lay(struct value *values, const struct value *map)
{
    if (value_get(map, "base_url") != NULL)
        drop_keys(values);
    for (size_t i = 0; i < map->count; i++)
        if (map->items[i]->kind == VALUE_NIL)
            value_drop(values, map->keys[i]);
        else
            value_put(values, map->keys[i], value_copy(map->items[i]));
}

/* A key that stands outside of the entry whose server was chosen is for another
 * one. Only a place that is stronger than the choice may have a server of its
 * own, or arguments, which are typed together. */
static void
keep_to_entry(struct value *const *layers, size_t choice)
{
    if (choice <= LAYER_BUFFER)
        value_drop(layers[choice], "base_url");
    for (size_t i = choice; i < LAYERS; i++) {
        if (value_get(layers[i], "base_url") != NULL)
            return;
        drop_keys(layers[i]);
    }
}

/* A model of the server that was configured before means nothing to it. */
static void
lay_provider(struct value *values, const struct value *provider)
{
    if (value_get(provider, "base_url") != NULL)
        value_drop(values, "model");
    lay(values, provider);
}

static struct value *
lay_all(struct value *const *layers, struct dc_error *err)
{
    size_t choice = chooser(layers);
    struct value *provider = NULL;
    if (choice < LAYERS) {
        const struct value *name = value_get(layers[choice], "provider");
        provider = find_provider(layers, value_as_text(name, ""), err);
        if (provider == NULL)
            return NULL;
    }
    if (provider != NULL && value_get(provider, "base_url") != NULL)
        keep_to_entry(layers, choice);
    struct value *values = value_map();
    for (size_t i = 0; i < LAYERS; i++) {
        if (provider != NULL && i == choice && i != LAYER_SETTINGS)
            lay_provider(values, provider);
        lay(values, layers[i]);
        if (provider != NULL && i == choice && i == LAYER_SETTINGS)
            lay_provider(values, provider);
    }
    value_free(provider);
    return values;
}

struct value *
config_merge(const struct config_sources *sources, struct dc_error *err)
{
    struct value *layers[LAYERS] = {NULL};
    struct value *values = NULL;
    layers[LAYER_SETTINGS] = read_settings(sources->settings, err);
    if (layers[LAYER_SETTINGS] != NULL) {
        layers[LAYER_BUFFER] = read_settings(sources->buffer, err);
        if (layers[LAYER_BUFFER] == NULL)
            located(err, "b: ");
    }
    if (layers[LAYER_BUFFER] != NULL)
        layers[LAYER_CHAT] = read_chat(sources->chat, err);
    if (layers[LAYER_CHAT] != NULL)
        layers[LAYER_ARGUMENTS] = read_arguments(sources->arguments, err);
    if (layers[LAYER_ARGUMENTS] != NULL)
        values = lay_all(layers, err);
    for (size_t i = 0; i < LAYERS; i++)
        value_free(layers[i]);
    return values;
}
