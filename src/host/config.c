/*
 * The merged options, and what follows from them: address, model, key, request
 * members, directories. All of the program's questions to the environment are
 * asked in here.
 */
#include "host/config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/config_read.h"
#include "host/json.h"
#include "host/key.h"
#include "host/options.h"
#include "host/provider.h"
#include "host/url.h"

struct config {
    struct value *values; /* with the defaults */
    struct url url;
    const struct provider *provider;
    char **argv;   /* api_key_cmd; NULL if unset */
    char *command; /* the same as one string: what its key is kept under */
    struct dc_param *params;
    size_t param_count;
};

/* NULL if it is unset or empty. */
static char *
env_text(const char *name)
{
    char *text = getenv(name);
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* NULL if it is unset, empty or relative: not to be used, says XDG. */
static const char *
env_dir(const char *name)
{
    const char *dir = env_text(name);
    return dir != NULL && dir[0] == '/' ? dir : NULL;
}

static const char *
home_dir(void)
{
    const char *home = env_dir("HOME");
    if (home != NULL)
        return home;
    const struct passwd *user = getpwuid(getuid());
    return user != NULL && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *
config_expand(struct dc_str path)
{
    const char *home = home_dir();
    bool tilde = str_is(path, "~") || str_starts(path, "~/");
    if (!tilde || home == NULL)
        return mem_copy(path.ptr, path.len);
    struct buf out;
    buf_init(&out, SIZE_MAX / 2);
    buf_add_text(&out, home);
    buf_add(&out, path.ptr + 1, path.len - 1);
    return buf_take(&out, NULL);
}

static void
expand_paths(struct value *values)
{
    size_t count;
    const struct option *options = options_all(&count);
    for (size_t i = 0; i < count; i++) {
        const struct value *v = value_get(values, options[i].name);
        if (v == NULL || !(options[i].where & OPTION_PATH))
            continue;
        char *path = config_expand(v->str);
        if (path[0] == '\0')
            value_drop(values, options[i].name);
        else
            value_put(values, options[i].name, value_text(path));
        free(path);
    }
}

static bool
read_url(struct config *cfg, struct dc_error *err)
{
    const struct option *opt = option_find("base_url");
    if (value_get(cfg->values, "base_url") == NULL)
        value_put(cfg->values, "base_url", json_parse(str_of(opt->fallback)));
    if (!url_read(&cfg->url, value_as_str(config_get(cfg, "base_url")), err))
        return false;
    cfg->provider = provider_of(cfg->url.name, config_text(cfg, "provider"));
    return true;
}

/* A command that was set is not passed over for a variable that was not. */
static bool
has_default(const struct config *cfg, const struct option *opt)
{
    if (opt->fallback == NULL || value_get(cfg->values, opt->name) != NULL)
        return false;
    if (strcmp(opt->name, "api_key_env") == 0 &&
        value_get(cfg->values, "api_key_cmd") != NULL)
        return false;
    return !(opt->where & OPTION_DEEPINFRA) || cfg->url.deepinfra;
}

static void
add_defaults(struct config *cfg)
{
    size_t count;
    const struct option *options = options_all(&count);
    for (size_t i = 0; i < count; i++)
        if (has_default(cfg, &options[i]))
            value_put(cfg->values, options[i].name,
                      json_parse(str_of(options[i].fallback)));
    const char *file = env_text("CURL_CA_BUNDLE");
    if (file == NULL)
        file = env_text("SSL_CERT_FILE");
    if (file != NULL && value_get(cfg->values, "ca_file") == NULL)
        value_put(cfg->values, "ca_file", value_text(file));
}

/* An option that is a text or a list of texts, as a list. NULL past the end. */
static const char *
nth_text(const struct value *v, size_t index)
{
    if (value_is(v, VALUE_STR))
        return index == 0 ? v->str.ptr : NULL;
    return value_as_text(value_at(v, index), NULL);
}

static void
add_command(struct config *cfg)
{
    const struct value *v = config_get(cfg, "api_key_cmd");
    struct buf name;
    size_t count = 0;
    while (nth_text(v, count) != NULL)
        count++;
    if (count == 0)
        return;
    cfg->argv = mem_resize(NULL, count + 1, sizeof *cfg->argv);
    for (size_t i = 0; i < count; i++)
        cfg->argv[i] = mem_str(nth_text(v, i));
    cfg->argv[count] = NULL;
    buf_init(&name, DC_REQUEST_MAX);
    json_print(&name, v);
    cfg->command = buf_take(&name, NULL);
}

/* Empty lists are refused by some servers, n=1 by others. */
static bool
is_param(const struct option *opt, const struct value *v)
{
    if (!(opt->where & OPTION_WIRE) || v == NULL)
        return false;
    if (value_is(v, VALUE_LIST) && v->count == 0)
        return false;
    if (strcmp(opt->name, "n") == 0 && value_as_int(v, 0) == 1)
        return false;
    return strcmp(opt->name, "stream") != 0 && strcmp(opt->name, "model") != 0;
}

/* The value of an option as JSON text; owned. */
static bool
print_option(const struct config *cfg, const char *name, struct dc_str *json,
             struct dc_error *err)
{
    struct buf text;
    buf_init(&text, DC_REQUEST_MAX);
    if (!json_print(&text, config_get(cfg, name))) {
        buf_finish(&text);
        return fail(err, DC_E_TOO_BIG, "%s is too large or too deep", name);
    }
    *json = buf_take_str(&text);
    return true;
}

static bool
add_params(struct config *cfg, struct dc_error *err)
{
    size_t count;
    const struct option *options = options_all(&count);
    cfg->params = mem_resize(NULL, count, sizeof *cfg->params);
    for (size_t i = 0; i < count; i++) {
        const char *name = options[i].name;
        struct dc_str json = {0};
        if (!is_param(&options[i], config_get(cfg, name)))
            continue;
        if (!print_option(cfg, name, &json, err))
            return false;
        cfg->params[cfg->param_count++] = (struct dc_param){name, json};
    }
    return true;
}

/* It is printed when it is sent; what could not be is refused here. */
static bool
check_extra(const struct config *cfg, struct dc_error *err)
{
    struct dc_str json = {0};
    if (value_at(config_get(cfg, "extra_body"), 0) == NULL)
        return true;
    if (!print_option(cfg, "extra_body", &json, err))
        return false;
    free((char *)(uintptr_t)json.ptr);
    return true;
}

struct config *
config_new(const struct config_sources *sources, struct dc_error *err)
{
    struct config *cfg = mem_alloc(sizeof *cfg);
    cfg->values = config_merge(sources, err);
    if (cfg->values == NULL || !read_url(cfg, err)) {
        config_free(cfg);
        return NULL;
    }
    expand_paths(cfg->values);
    add_defaults(cfg);
    add_command(cfg);
    if (add_params(cfg, err) && check_extra(cfg, err))
        return cfg;
    config_free(cfg);
    return NULL;
}

struct config *
config_copy(const struct config *cfg)
{
    struct config *copy = mem_alloc(sizeof *copy);
    copy->values = value_copy(cfg->values);
    read_url(copy, NULL);
    add_command(copy);
    add_params(copy, NULL);
    return copy;
}

void
config_free(struct config *cfg)
{
    if (cfg == NULL)
        return;
    for (size_t i = 0; i < cfg->param_count; i++)
        free((char *)(uintptr_t)cfg->params[i].value.ptr);
    for (size_t i = 0; cfg->argv != NULL && cfg->argv[i] != NULL; i++)
        free(cfg->argv[i]);
    free(cfg->params);
    free(cfg->argv);
    free(cfg->command);
    url_finish(&cfg->url);
    value_free(cfg->values);
    free(cfg);
}

const struct value *
config_get(const struct config *cfg, const char *name)
{
    return value_get(cfg->values, name);
}

const char *
config_text(const struct config *cfg, const char *name)
{
    return value_as_text(config_get(cfg, name), NULL);
}

double
config_number(const struct config *cfg, const char *name)
{
    return value_as_float(config_get(cfg, name), 0);
}

bool
config_bool(const struct config *cfg, const char *name)
{
    return value_as_bool(config_get(cfg, name), false);
}

const char *
config_url(const struct config *cfg)
{
    return cfg->url.endpoint;
}

const char *
config_host(const struct config *cfg)
{
    return cfg->url.host;
}

bool
config_loopback(const struct config *cfg)
{
    return cfg->url.loopback;
}

const struct provider *
config_provider(const struct config *cfg)
{
    return cfg->provider;
}

const char *
config_form_url(const struct config *cfg, enum dc_form form)
{
    bool other = form == DC_FORM_PREFIX && cfg->url.prefix != NULL;
    return other ? cfg->url.prefix : cfg->url.endpoint;
}

const char *
config_model(const struct config *cfg)
{
    return value_as_text(config_get(cfg, "model"), "");
}

const struct dc_param *
config_params(const struct config *cfg, size_t *count)
{
    *count = cfg->param_count;
    return cfg->params;
}

/* There is room for every option. */
void
config_set_param(struct config *cfg, const char *name, struct dc_str json)
{
    size_t i = 0;
    while (i < cfg->param_count && strcmp(cfg->params[i].name, name) != 0)
        i++;
    if (i == cfg->param_count)
        cfg->params[cfg->param_count++] =
            (struct dc_param){.name = option_find(name)->name};
    free((char *)(uintptr_t)cfg->params[i].value.ptr);
    cfg->params[i].value = json;
}

void
config_add_extra(struct config *cfg, const char *name, struct value *value)
{
    const struct value *old = config_get(cfg, "extra_body");
    if (value_get(old, name) != NULL) {
        value_free(value);
        return;
    }
    struct value *extra = old != NULL ? value_copy(old) : value_map();
    value_put(extra, name, value);
    value_put(cfg->values, "extra_body", extra);
}

static bool
check_transport(const struct config *cfg, struct dc_error *err)
{
    if (cfg->url.secure || cfg->url.loopback)
        return true;
    return fail(err, DC_E_SYNTAX,
                "http:// would show the key to others; use "
                "https://");
}

/* The name that a variable's key is kept and shown under; owned. */
static char *
env_source(const char *name)
{
    struct buf source;
    buf_init(&source, SIZE_MAX / 2);
    buf_addf(&source, "$%s", name);
    return buf_take(&source, NULL);
}

/* Move a variable's value to the kept keys. */
static bool
take_env(const char *name, struct dc_error *err)
{
    char *text = env_text(name);
    if (text == NULL || str_trim(str_of(text)).len == 0)
        return true;
    char *source = env_source(name);
    bool ok = key_keep(source, key_trim(str_of(text)), err);
    free(source);
    if (ok)
        key_wipe(text);
    return ok;
}

/* All variables that are named are wiped, the first that was set counts. */
static bool
find_env_key(const struct config *cfg, const char **key, const char **source,
             struct dc_error *err)
{
    const struct value *names = config_get(cfg, "api_key_env");
    for (size_t i = 0; nth_text(names, i) != NULL; i++) {
        if (!take_env(nth_text(names, i), err))
            return false;
        char *name = env_source(nth_text(names, i));
        if (*key == NULL)
            *key = key_find(name, source);
        free(name);
    }
    return true;
}

/* A long name has less room besides. */
static void
ask_for_key(const char *name, struct dc_error *err)
{
    struct buf line;
    buf_init(&line, 100);
    buf_add_text(&line, "no key; set $");
    option_show(&line, str_of(name), 27);
    buf_add_text(&line, strlen(name) > 18 ? " (:h deepchat-key)"
                                          : " or see :h deepchat-key");
    fail(err, DC_E_SYNTAX, "%s", line.ptr);
    buf_finish(&line);
}

static enum config_key
no_key(const struct config *cfg, struct dc_error *err)
{
    const char *name = nth_text(config_get(cfg, "api_key_env"), 0);
    if (!cfg->provider->hosted)
        return KEY_NONE;
    if (name != NULL)
        ask_for_key(name, err);
    else
        fail(err, DC_E_SYNTAX,
             "no key for %.60s; set api_key_env or api_key_cmd", cfg->url.host);
    return KEY_MISSING;
}

enum config_key
config_key(struct config *cfg, const char **key, const char **source,
           struct dc_error *err)
{
    *key = *source = NULL;
    if (!find_env_key(cfg, key, source, err))
        return KEY_MISSING;
    if (*key == NULL && cfg->argv == NULL)
        return no_key(cfg, err);
    if (*key == NULL) {
        *key = key_find(cfg->command, NULL);
        *source = "api_key_cmd";
    }
    if (!check_transport(cfg, err))
        return KEY_MISSING;
    if (*key == NULL)
        return KEY_COMMAND;
    return key_check(str_of(*key), *source, err) ? KEY_FOUND : KEY_MISSING;
}

void
config_forget_key(const struct config *cfg)
{
    if (cfg->command != NULL)
        key_forget(cfg->command);
}

char *const *
config_key_command(struct config *cfg)
{
    return cfg->argv;
}

bool
config_set_key(struct config *cfg, struct dc_str output, struct dc_error *err)
{
    if (cfg->command == NULL || str_trim(output).len == 0)
        return fail(err, DC_E_SYNTAX,
                    "api_key_cmd gave no key (:h deepchat-key)");
    output = key_trim(output);
    return key_check(output, "api_key_cmd", err) &&
           key_keep(cfg->command, output, err);
}

/* The option, else "deepchat" in the XDG directory, else in its default place
 * in the home directory. */
static char *
own_dir(const struct config *cfg, const char *option, const char *variable,
        const char *fallback)
{
    const char *set = config_text(cfg, option);
    const char *xdg = env_dir(variable);
    struct buf out;
    if (set != NULL)
        return mem_str(set);
    if (xdg == NULL && home_dir() == NULL)
        return NULL;
    buf_init(&out, SIZE_MAX / 2);
    buf_addf(&out, "%s%s/deepchat", xdg != NULL ? xdg : home_dir(),
             xdg != NULL ? "" : fallback);
    return buf_take(&out, NULL);
}

char *
config_state_dir(const struct config *cfg)
{
    return own_dir(cfg, "state_dir", "XDG_STATE_HOME", "/.local/state");
}

char *
config_chat_dir(const struct config *cfg)
{
    return own_dir(cfg, "chat_dir", "XDG_DATA_HOME", "/.local/share");
}
