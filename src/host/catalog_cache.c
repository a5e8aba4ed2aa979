/*
 * A line for the list and one for each model, each JSON by itself: what has to
 * be held beside the text is never more than one of them. The address stands
 * in the file since two of them can have the same name.
 */
#include "host/catalog_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/json.h"
#include "host/log.h"

enum {
    FORMAT = 1,
    DIGITS = 16,
    FILES_MAX = 64,
    LOOK_MAX = 4096, /* files at once; the others are seen next time */
    DAY_S = 24 * 60 * 60,
    UNUSED_S = 30 * DAY_S,
};

static char *
models_dir(const char *state_dir)
{
    return file_join(state_dir, "models");
}

char *
catalog_file(const char *state_dir, const char *url)
{
    char name[32];
    char *dir = models_dir(state_dir);
    snprintf(name, sizeof name, "%0*" PRIx64 ".json", DIGITS,
             str_hash(str_of(url)));
    char *path = file_join(dir, name);
    free(dir);
    return path;
}

/* ---- files that nobody uses ---- */

/* Written or read at this time, 0 if that is to come: a clock was set back. */
struct old {
    char name[DIGITS + sizeof ".json"];
    int64_t used;
};

static bool
is_list(const char *name)
{
    return strlen(name) == DIGITS + strlen(".json") &&
           strspn(name, "0123456789abcdef") == DIGITS &&
           strcmp(name + DIGITS, ".json") == 0;
}

/* A crash of file_replace() left it behind. */
static bool
is_temporary(const char *name)
{
    return strncmp(name, ".deepchat-", strlen(".deepchat-")) == 0;
}

static int
by_use(const void *a, const void *b)
{
    const struct old *x = a, *y = b;
    return (x->used > y->used) - (x->used < y->used);
}

/* Remove name of dir if it is not used any more. True with *out for a list that
 * stays. */
static bool
look_at(DIR *dir, const char *name, int64_t now, struct old *out)
{
    struct stat st;
    bool list = is_list(name);
    if ((!list && !is_temporary(name)) ||
        fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
        return false;
    if (now - (int64_t)st.st_mtime > UNUSED_S) {
        unlinkat(dirfd(dir), name, 0);
        return false;
    }
    if (!list)
        return false;
    memcpy(out->name, name, sizeof out->name);
    /* a file server's clock may be a little ahead */
    out->used = (int64_t)st.st_mtime > now + DAY_S ? 0 : (int64_t)st.st_mtime;
    return true;
}

/* Remove lists that were not used for a month, and those that were used the
 * longest ago if they are too many. */
static void
tidy(const char *path)
{
    DIR *dir = opendir(path);
    size_t count = 0;
    const struct dirent *entry;
    if (dir == NULL)
        return;
    struct old *all = mem_alloc(LOOK_MAX * sizeof *all);
    while (count < LOOK_MAX && (entry = readdir(dir)) != NULL)
        count += look_at(dir, entry->d_name, time(NULL), &all[count]);
    qsort(all, count, sizeof *all, by_use);
    for (size_t i = 0; i + FILES_MAX < count; i++)
        unlinkat(dirfd(dir), all[i].name, 0);
    free(all);
    closedir(dir);
}

/* ---- what a model's line holds ---- */

static const struct {
    const char *name;
    size_t at;
} numbers[] = {
    {"context", offsetof(struct model_info, context)},
    {"max_output", offsetof(struct model_info, max_output)},
    {"price_in", offsetof(struct model_info, price_in)},
    {"price_out", offsetof(struct model_info, price_out)},
    {"price_cached", offsetof(struct model_info, price_cached)},
};

static const struct {
    const char *name;
    size_t at;
} flags[] = {
    {"chat", offsetof(struct model_info, chat)},
    {"vision", offsetof(struct model_info, vision)},
    {"tools", offsetof(struct model_info, tools)},
    {"reasoning", offsetof(struct model_info, reasoning)},
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

static double *
number_in(struct model_info *info, size_t i)
{
    return (double *)(void *)((char *)info + numbers[i].at);
}

static int *
flag_in(struct model_info *info, size_t i)
{
    return (int *)(void *)((char *)info + flags[i].at);
}

/* ---- writing ---- */

static bool
add_line(struct buf *out, struct value *v)
{
    bool ok = json_print(out, v) && buf_add_byte(out, '\n');
    value_free(v);
    return ok;
}

static bool
add_model(struct buf *out, const struct model_info *model)
{
    struct model_info info = *model;
    struct value *v = value_map();
    value_put(v, "name", value_text(info.name));
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (*number_in(&info, i) >= 0)
            value_put(v, numbers[i].name, value_float(*number_in(&info, i)));
    for (size_t i = 0; i < COUNT(flags); i++)
        if (*flag_in(&info, i) >= 0)
            value_put(v, flags[i].name, value_bool(*flag_in(&info, i) == 1));
    if (info.tags[0] != '\0')
        value_put(v, "tags", value_text(info.tags));
    if (info.asked)
        value_put(v, "asked", value_bool(true));
    return add_line(out, v);
}

static bool
print(struct buf *out, const struct model_list *list, const char *url,
      int64_t when)
{
    struct value *v = value_map();
    value_put(v, "format", value_int(FORMAT));
    value_put(v, "url", value_text(url));
    value_put(v, "time", value_int(when));
    value_put(v, "source", value_int(list->source));
    value_put(v, "partial", value_bool(list->partial));
    value_put(v, "count", value_int((int64_t)list->count));
    bool ok = add_line(out, v);
    for (size_t i = 0; ok && i < list->count; i++)
        ok = add_model(out, &list->items[i]);
    return ok;
}

bool
catalog_keep(const struct model_list *list, const char *state_dir,
             const char *url, int64_t when)
{
    struct buf text;
    struct dc_error err = {.text = "too large"};
    if (state_dir == NULL)
        return false;
    char *dir = models_dir(state_dir);
    char *path = catalog_file(state_dir, url);
    buf_init(&text, CATALOG_BYTES_MAX);
    bool kept = print(&text, list, url, when) && file_mkdir(dir, &err) &&
                file_replace(path, buf_str(&text), &err);
    if (kept)
        tidy(dir);
    else
        log_line(LOG_WARN, "list of models not kept: %s", err.text);
    buf_finish(&text);
    free(path);
    free(dir);
    return kept;
}

/* ---- reading ---- */

static bool
read_model(struct model_list *out, struct dc_str line)
{
    struct model_info info;
    struct value *v = json_parse(line);
    struct dc_str name = value_as_str(value_get(v, "name"));
    model_info_init(&info);
    bool ok = model_name_ok(name) && out->count < MODELS_MAX;
    for (size_t i = 0; i < COUNT(numbers); i++)
        *number_in(&info, i) =
            value_as_float(value_get(v, numbers[i].name), -1);
    for (size_t i = 0; i < COUNT(flags); i++)
        if (value_get(v, flags[i].name) != NULL)
            *flag_in(&info, i) =
                value_as_bool(value_get(v, flags[i].name), false);
    info.name = name.ptr;
    info.tags = value_as_text(value_get(v, "tags"), "");
    info.asked = value_as_bool(value_get(v, "asked"), false);
    ok = ok && strlen(info.tags) <= MODEL_TAGS_MAX;
    if (ok)
        model_list_add(out, &info);
    value_free(v);
    return ok;
}

static bool
read_head(struct model_list *out, struct dc_str line, const char *url,
          int64_t *when, int64_t *count)
{
    struct value *v = json_parse(line);
    bool ours = value_as_int(value_get(v, "format"), 0) == FORMAT &&
                strcmp(value_as_text(value_get(v, "url"), ""), url) == 0;
    *when = value_as_int(value_get(v, "time"), 0);
    *count = value_as_int(value_get(v, "count"), -1);
    if (value_as_int(value_get(v, "source"), 0) == MODELS_LLAMA)
        out->source = MODELS_LLAMA;
    out->partial = value_as_bool(value_get(v, "partial"), false);
    value_free(v);
    return ours;
}

/* All of it makes sense, or none of it is believed. */
static bool
read_all(struct model_list *out, struct dc_str text, const char *url,
         int64_t *when)
{
    int64_t count;
    if (!read_head(out, str_cut(&text, '\n'), url, when, &count))
        return false;
    while (text.len > 0)
        if (!read_model(out, str_cut(&text, '\n')))
            return false;
    bool whole = (int64_t)out->count == count;
    model_list_sort(out);
    return whole;
}

bool
catalog_load(struct model_list *out, const char *state_dir, const char *url,
             int64_t *when)
{
    struct buf text;
    *out = (struct model_list){0};
    if (state_dir == NULL)
        return false;
    char *path = catalog_file(state_dir, url);
    buf_init(&text, CATALOG_BYTES_MAX);
    bool ok = file_read(path, &text, NULL) &&
              read_all(out, buf_str(&text), url, when);
    if (ok)
        utimensat(AT_FDCWD, path, NULL, 0); /* it is used */
    else
        model_list_finish(out);
    buf_finish(&text);
    free(path);
    return ok;
}
