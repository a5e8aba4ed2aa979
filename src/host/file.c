/*
 * Files, see file.h. The order of the steps in file_replace() is what makes a
 * crash at any of them leave the old file or the new one.
 */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

enum { READ_STEP = 64 << 10 };

static bool
refused(struct dc_error *err, const char *path)
{
    return fail(err, DC_E_SYSTEM, "%s: %s", path, strerror(errno));
}

const char *
file_why(const struct dc_error *err)
{
    const char *why = err->text;
    for (const char *at = why; (at = strstr(at, ": ")) != NULL;)
        why = at += 2;
    return why;
}

char *
file_join(const char *dir, const char *name)
{
    struct buf path;
    buf_init(&path, SIZE_MAX / 2);
    buf_addf(&path, "%s/%s", dir, name);
    return buf_take(&path, NULL);
}

/* ---- directories ---- */

static bool
check_dir(const char *dir, struct dc_error *err)
{
    struct stat st;
    if (stat(dir, &st) != 0)
        return refused(err, dir);
    if (!S_ISDIR(st.st_mode))
        return fail(err, DC_E_SYSTEM, "%s: is not a directory", dir);
    if (st.st_uid != geteuid())
        return fail(err, DC_E_SYSTEM, "%s: belongs to another user", dir);
    return true;
}

bool
file_mkdir(const char *dir, struct dc_error *err)
{
    char *path = mem_str(dir);
    for (char *at = path; *at != '\0'; at++) {
        if (*at != '/' || at == path)
            continue;
        *at = '\0';
        /* what stands in the way shows at the last step */
        mkdir(path, 0700);
        *at = '/';
    }
    free(path);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return refused(err, dir);
    return check_dir(dir, err);
}

/* The directory path stands in; owned (free). */
static char *
dir_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return mem_str(".");
    return slash == path ? mem_str("/")
                         : mem_copy(path, (size_t)(slash - path));
}

/* A new name is on the disk only once its directory is. Not every file system
 * can do that, and none loses the contents over it. */
static void
sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

/* ---- files ---- */

int
file_create(const char *path, struct dc_error *err)
{
    int fd = open(
        path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
        0600);
    if (fd < 0)
        refused(err, path);
    return fd;
}

bool
file_write_all(int fd, struct dc_str bytes)
{
    size_t at = 0;
    while (at < bytes.len) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n > 0) {
            at += (size_t)n;
        } else if (n == 0) {
            errno = EIO;
            return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool
file_is_ours(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
           st.st_uid == geteuid() && st.st_nlink > 0;
}

bool
file_bears_name(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && lstat(path, &there) == 0 &&
           mine.st_dev == there.st_dev && mine.st_ino == there.st_ino;
}

bool
file_sync(int fd)
{
#ifdef F_FULLFSYNC
    /* fsync() of macOS stops at the drive's cache; not every file system
     * there knows the real one */
    return fcntl(fd, F_FULLFSYNC) == 0 || fsync(fd) == 0;
#else
    return fdatasync(fd) == 0;
#endif
}

enum file_lock
file_lock(int fd, bool shared)
{
    while (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return FILE_LOCK_HELD;
        if (errno != EINTR)
            return FILE_LOCK_NONE;
    }
    return FILE_LOCK_GOT;
}

/* ---- whole files ---- */

bool
file_read_fd(int fd, struct buf *out)
{
    char bytes[READ_STEP];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof bytes);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || !buf_add(out, bytes, (size_t)n))
            return false;
    }
}

static bool
read_open(int fd, const char *path, struct buf *out, struct dc_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return refused(err, path);
    if (!S_ISREG(st.st_mode))
        return fail(err, DC_E_SYSTEM, "%s: is not a regular file", path);
    if (file_read_fd(fd, out))
        return true;
    return out->full ? fail(err, DC_E_TOO_BIG, "%s: is over %zu bytes", path,
                            out->limit)
                     : refused(err, path);
}

bool
file_read(const char *path, struct buf *out, struct dc_error *err)
{
    /* without O_NONBLOCK a FIFO would hold us up before we see what it is */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return refused(err, path);
    bool ok = read_open(fd, path, out, err);
    close(fd);
    return ok;
}

/* ---- where no link leads ---- */

#if defined(O_PATH)
#define OPEN_DIR O_PATH
#elif defined(O_SEARCH)
#define OPEN_DIR O_SEARCH
#else
#define OPEN_DIR O_RDONLY
#endif

/* A directory of dir in its place, and dir is closed. */
static int
step_into(int dir, const char *name)
{
    int next =
        openat(dir, name, OPEN_DIR | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int why = errno;
    close(dir);
    errno = why == ENOTDIR ? ELOOP : why;
    return next;
}

/* False with errno unless *st is a regular file. */
static bool
is_regular(bool known, const struct stat *st)
{
    if (known)
        errno = S_ISLNK(st->st_mode) ? ELOOP : 0;
    return known && S_ISREG(st->st_mode);
}

static int
open_in(int dir, const char *name, struct stat *st)
{
    if (!is_regular(fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) == 0, st))
        return -1;
    int fd = openat(dir, name,
                    O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || is_regular(fstat(fd, st) == 0, st))
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

int
file_open_real(const char *path, struct stat *st)
{
    char *rest = mem_str(path), *name = rest;
    int dir = open("/", OPEN_DIR | O_DIRECTORY | O_CLOEXEC), fd = -1;
    for (char *slash; dir >= 0 && (slash = strchr(name, '/')) != NULL;
         name = slash + 1) {
        *slash = '\0';
        if (slash > name)
            dir = step_into(dir, name);
    }
    if (dir >= 0)
        fd = open_in(dir, name[0] != '\0' ? name : ".", st);
    int why = errno;
    if (dir >= 0)
        close(dir);
    free(rest);
    errno = why;
    return fd;
}

/* ---- replacing ---- */

/* Fill the temporary file. False leaves errno; fd is closed either way. */
static bool
fill(int fd, struct dc_str bytes, mode_t mode)
{
    bool ok =
        fchmod(fd, mode) == 0 && file_write_all(fd, bytes) && fsync(fd) == 0;
    int saved = errno;
    if (close(fd) != 0 && ok)
        return false;
    errno = saved;
    return ok;
}

static bool
replace_in(const char *dir, const char *path, struct dc_str bytes)
{
    struct stat st;
    mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
    char *temp = file_join(dir, ".deepchat-XXXXXX");
    int fd = mkostemp(temp, O_CLOEXEC);
    bool ok = fd >= 0 && fill(fd, bytes, mode) && rename(temp, path) == 0;
    if (ok) {
        sync_dir(dir);
    } else if (fd >= 0) {
        int saved = errno;
        unlink(temp);
        errno = saved;
    }
    free(temp);
    return ok;
}

bool
file_replace(const char *path, struct dc_str bytes, struct dc_error *err)
{
    char *target = realpath(path, NULL);
    char *dir = dir_of(target != NULL ? target : path);
    bool ok = replace_in(dir, target != NULL ? target : path, bytes);
    if (!ok)
        refused(err, path);
    free(dir);
    free(target);
    return ok;
}

char *
file_canonical(const char *file)
{
    char *real = realpath(file, NULL);
    const char *slash = strrchr(file, '/');
    if (real != NULL || slash == NULL)
        return real != NULL ? real : mem_str(file);
    char *dir = mem_copy(file, (size_t)(slash - file) + 1);
    real = realpath(dir, NULL);
    free(dir);
    if (real == NULL)
        return mem_str(file);
    /* a bare "/" would give a name with two */
    char *name = file_join(strcmp(real, "/") == 0 ? "" : real, slash + 1);
    free(real);
    return name;
}
