/*
 * What may be read, see allow.h. Links are followed before anything is judged,
 * so that one inside the project cannot lead out of it. The editor asks by the
 * same rules (autoload/deepchat/allow.vim); when the two differ nothing goes.
 */
#include "host/allow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/config.h"
#include "host/file.h"

/* Cells of a name, so that the line about it fits. */
enum { NAME_CELLS = 17 };

/* ---- names ---- */

/* Where the last NAME_CELLS - 1 characters of text begin, if it has more than
 * NAME_CELLS; else 0. */
static size_t
tail(struct dc_str text)
{
    size_t at = text.len, cells = 0;
    size_t last = 0;
    while (at > 0) {
        at--;
        if (((unsigned char)text.ptr[at] & 0xc0) == 0x80)
            continue;
        if (++cells == NAME_CELLS - 1)
            last = at;
    }
    return cells > NAME_CELLS ? last : 0;
}

const char *
allow_name(const char *path, char out[ALLOW_NAME])
{
    struct buf name;
    buf_init(&name, SIZE_MAX / 2);
    utf8_add_clean(&name, str_of(path), true);
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < ' ' || name.ptr[i] == '\x7f')
            name.ptr[i] = '?';
    size_t from = tail(buf_str(&name));
    snprintf(out, ALLOW_NAME, "%s%s", from > 0 ? "\xe2\x80\xa6" : "",
             name.len > 0 ? name.ptr + from : "");
    buf_finish(&name);
    return out;
}

/* ---- which file is meant ---- */

/* The directory of the chat; owned, NULL if it has no file. */
static char *
chat_dir(const struct value *args)
{
    struct dc_str file = value_as_str(value_get(args, "file"));
    size_t len = file.len;
    while (len > 0 && file.ptr[len - 1] != '/')
        len--;
    return len > 0 ? mem_copy(file.ptr, len) : NULL;
}

/* The file at path as seen from dir; NULL, and errno, if there is none. */
static char *
find_in(const char *dir, const char *path)
{
    errno = ENOENT;
    if (dir == NULL || dir[0] != '/')
        return NULL;
    char *whole = file_join(dir, path);
    char *real = realpath(whole, NULL);
    int why = errno;
    free(whole);
    errno = why;
    return real;
}

/* The same from wherever relative paths may start. */
static char *
find(const struct value *args, const char *chat, const char *path)
{
    if (path[0] == '/' || str_is(str_of(path), "~") ||
        str_starts(str_of(path), "~/")) {
        char *whole = config_expand(str_of(path));
        char *real = realpath(whole, NULL);
        int why = errno;
        free(whole);
        errno = why;
        return real;
    }
    char *real = find_in(chat, path);
    if (real == NULL)
        real = find_in(value_as_text(value_get(args, "cwd"), NULL), path);
    if (real == NULL)
        real = find_in(value_as_text(value_get(args, "project"), NULL), path);
    return real;
}

/* ---- may it go? ---- */

/* What of path stands below dir, NULL if it is not there. Nothing counts as
 * below the root of the file system: it is nobody's project. */
static const char *
below(const char *dir, const char *path)
{
    size_t len = strlen(dir);
    if (strncmp(path, dir, len) != 0 || path[len] != '/')
        return NULL;
    return path + len;
}

/* In a project. Who works in the home directory, or above it, has not put what
 * is hidden there into a project. */
static bool
inside(const char *dir, const char *path)
{
    char *real = dir != NULL && dir[0] == '/' ? realpath(dir, NULL) : NULL;
    char *tilde = config_expand(str_of("~"));
    char *home = realpath(tilde, NULL);
    const char *rest = real != NULL ? below(real, path) : NULL;
    bool has_home = real != NULL && home != NULL &&
                    (strcmp(real, home) == 0 || below(real, home) != NULL);
    bool yes = rest != NULL && !(has_home && strstr(rest, "/.") != NULL);
    free(home);
    free(tilde);
    free(real);
    return yes;
}

static bool
listed(const struct value *allowed, const char *path)
{
    const struct value *item;
    for (size_t i = 0; (item = value_at(allowed, i)) != NULL; i++)
        if (str_is(value_as_str(item), path))
            return true;
    return false;
}

bool
allow_path(const struct value *args, const char *path, char **resolved,
           struct dc_error *err)
{
    char name[ALLOW_NAME];
    char *chat = chat_dir(args);
    char *real = path[0] != '\0' ? find(args, chat, path) : NULL;
    int why = path[0] != '\0' ? errno : ENOENT;
    bool may = real != NULL &&
               (inside(value_as_text(value_get(args, "project"), NULL), real) ||
                inside(chat, real) || listed(value_get(args, "allowed"), real));
    free(chat);
    if (may) {
        *resolved = real;
        return true;
    }
    allow_name(path, name);
    if (real != NULL)
        fail(err, DC_E_SYNTAX, "%s is outside the project; nothing was sent",
             name);
    else if (why == ENOENT || why == ENOTDIR)
        fail(err, DC_E_SYSTEM, "no file %s; nothing was sent", name);
    else
        fail(err, DC_E_SYSTEM, "%s: %s; nothing was sent", name, strerror(why));
    free(real);
    return false;
}

/* ---- what is in it ---- */

bool
allow_refuse(struct dc_error *err, const char *name, const char *why)
{
    char shown[ALLOW_NAME];
    return fail(err, DC_E_SYSTEM, "%s %s; nothing was sent",
                allow_name(name, shown), why);
}

/* It is not read, for the reason that errno gives. */
static bool
refuse_system(struct dc_error *err, const char *name)
{
    char shown[ALLOW_NAME];
    const char *why = strerror(errno);
    return fail(err, DC_E_SYSTEM, "%s: %s; nothing was sent",
                allow_name(name, shown), why);
}

static bool
refuse_kind(struct dc_error *err, const char *name, const struct stat *st)
{
    return allow_refuse(err, name,
                        S_ISDIR(st->st_mode) ? "is a directory"
                                             : "is no regular file");
}

bool
allow_read(const char *resolved, const char *name, const char *over,
           struct buf *out, struct dc_error *err)
{
    struct stat st;
    int fd = file_open_real(resolved, &st);
    if (fd < 0)
        return errno == 0       ? refuse_kind(err, name, &st)
               : errno == ELOOP ? allow_refuse(err, name, "has become a link")
                                : refuse_system(err, name);
    bool large = st.st_size > (off_t)(out->limit - out->len);
    bool ok = !large && file_read_fd(fd, out);
    int why = errno;
    close(fd);
    errno = why;
    return ok || (large || out->full ? allow_refuse(err, name, over)
                                     : refuse_system(err, name));
}
