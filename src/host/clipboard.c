/*
 * Which of the programs is the right one is found out by trying: each fails at
 * once where there is no display of its kind, or no image. A file is ours alone
 * and named by what it is, which its bytes say.
 */
#include "host/clipboard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/child.h"
#include "host/file.h"

enum { WAIT_MS = 5000, NAMES_MAX = 100 };

static const char *const programs[][8] = {
    {"wl-paste", "--no-newline", "--type", "image/png"},
    {"wl-paste", "--no-newline", "--type", "image/jpeg"},
    {"xclip", "-selection", "clipboard", "-target", "image/png", "-out"},
    {"xclip", "-selection", "clipboard", "-target", "image/jpeg", "-out"},
    {"pngpaste", "-"},
};
enum { PROGRAMS = sizeof programs / sizeof *programs };

struct clipboard {
    struct host *host;
    struct child *child; /* NULL: nothing is asked for */
    int64_t id;
    char *dir, *name;
    size_t next; /* program */
    bool any;    /* one of them is installed */
};

struct clipboard *
clipboard_new(struct host *host)
{
    struct clipboard *cb = mem_alloc(sizeof *cb);
    cb->host = host;
    return cb;
}

void
clipboard_free(struct clipboard *cb)
{
    if (cb == NULL)
        return;
    if (cb->child != NULL)
        child_drop(cb->child);
    free(cb->dir);
    free(cb->name);
    free(cb);
}

static void
tell(struct clipboard *cb, int64_t id, const char *file, const char *line)
{
    if (cb->host->editor == NULL)
        return;
    struct value *args = value_list(), *about = value_map();
    value_put(about, "file", value_text(file));
    value_put(about, "line", value_text(line));
    value_add(args, value_int(id));
    value_add(args, about);
    editor_call(cb->host->editor, "deepchat#image#pasted", args, NULL, NULL);
}

/* ---- the file ---- */

/* A path where nothing stands; owned, NULL if there is none. */
static char *
free_path(const struct clipboard *cb, const char *type)
{
    const char *ending = strcmp(type, "image/jpeg") == 0 ? "jpg" : type + 6;
    struct buf path;
    struct stat st;
    for (int n = 1; n <= NAMES_MAX; n++) {
        buf_init(&path, SIZE_MAX / 2);
        buf_addf(&path, "%s/%s", cb->dir, cb->name);
        if (n > 1)
            buf_addf(&path, "-%d", n);
        buf_addf(&path, ".%s", ending);
        if (lstat(path.ptr, &st) != 0 && errno == ENOENT)
            return buf_take(&path, NULL);
        buf_finish(&path);
    }
    return NULL;
}

static bool
fill(const char *path, struct dc_str bytes, struct dc_error *err)
{
    struct dc_error no_file;
    int fd = file_create(path, &no_file);
    if (fd < 0)
        return fail(err, no_file.code, "the image was not saved: %s",
                    file_why(&no_file));
    bool ok = file_write_all(fd, bytes);
    int why = errno;
    ok = close(fd) == 0 && ok;
    if (!ok) {
        unlink(path);
        fail(err, DC_E_SYSTEM, "the image was not saved: %s", strerror(why));
    }
    return ok;
}

static bool
have_dir(const char *dir, struct dc_error *err)
{
    struct stat st;
    struct dc_error why;
    return (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) ||
           file_mkdir(dir, &why) ||
           fail(err, why.code, "the image was not saved: %s", file_why(&why));
}

static void
save(struct clipboard *cb, struct dc_str bytes)
{
    struct dc_error err = {.text = "the image was not saved: no free name"};
    char *path = NULL;
    if (have_dir(cb->dir, &err))
        path = free_path(cb, dc_image_type(bytes));
    if (path != NULL && fill(path, bytes, &err))
        tell(cb, cb->id, path, "");
    else
        tell(cb, cb->id, "", err.text);
    free(path);
}

/* ---- the programs ---- */

static void try_next(struct clipboard *cb);

static void
on_done(void *user, const struct child_result *result)
{
    struct clipboard *cb = user;
    cb->child = NULL;
    cb->any = cb->any || result->started;
    if (result->too_much)
        tell(cb, cb->id, "", "the image in the clipboard is over 20 MB");
    else if (result->started && result->status == 0 &&
             dc_image_type(result->out) != NULL)
        save(cb, result->out);
    else
        try_next(cb);
}

static void
try_next(struct clipboard *cb)
{
    if (cb->next == PROGRAMS) {
        tell(cb, cb->id, "",
             cb->any ? "no image in the clipboard"
                     : "no wl-paste, xclip or pngpaste; install one of them");
        return;
    }
    char *argv[8];
    for (size_t i = 0; i < 8; i++)
        argv[i] = (char *)(uintptr_t)programs[cb->next][i];
    cb->next++;
    struct child_options options = {
        .argv = argv, .out_max = DC_IMAGE_MAX, .timeout_ms = WAIT_MS};
    cb->child = child_start(cb->host->lp, &options, on_done, cb);
}

void
clipboard_paste(struct clipboard *cb, const struct value *args)
{
    int64_t id = value_as_int(value_get(args, "id"), 0);
    if (cb->child != NULL) {
        tell(cb, id, "", "the clipboard is being read; try again");
        return;
    }
    free(cb->dir);
    free(cb->name);
    cb->id = id;
    cb->dir = mem_str(value_as_text(value_get(args, "dir"), ""));
    cb->name = mem_str(value_as_text(value_get(args, "name"), "image"));
    cb->next = 0;
    cb->any = false;
    try_next(cb);
}
