/*
 * The lock stands beside the journal and not on the chat itself, because
 * editors replace a file when they write it. Its file is removed when it is
 * given up; who has locked a file that bears the name no more tries again.
 */
#include "host/lock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

/* Each try meets another owner's end, so that many in a row are no chance. */
enum { TRIES = 100 };

struct lock {
    char *file; /* as file_canonical() names it */
    char *path;
    int fd;
    struct lock *next;
};

struct locks {
    struct lock *first;
    long pid; /* what others are told */
};

struct locks *
locks_new(void)
{
    struct locks *locks = mem_alloc(sizeof *locks);
    locks->pid = (long)getpid();
    return locks;
}

void
locks_set_pid(struct locks *locks, long pid)
{
    locks->pid = pid;
}

static void
release(struct lock *lock)
{
    unlink(lock->path);
    close(lock->fd);
    free(lock->file);
    free(lock->path);
    free(lock);
}

void
locks_drop_all(struct locks *locks)
{
    while (locks->first != NULL) {
        struct lock *lock = locks->first;
        locks->first = lock->next;
        release(lock);
    }
}

void
locks_free(struct locks *locks)
{
    if (locks == NULL)
        return;
    locks_drop_all(locks);
    free(locks);
}

static int
read_pid(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    return (int)strtol(text, NULL, 10);
}

static char *
lock_path(const char *state_dir, const char *name)
{
    char base[32];
    if (state_dir == NULL)
        return NULL;
    char *dir = file_join(state_dir, "locks");
    char *path = NULL;
    snprintf(base, sizeof base, "%016" PRIx64 ".lock", str_hash(str_of(name)));
    if (file_mkdir(dir, NULL))
        path = file_join(dir, base);
    free(dir);
    return path;
}

/* *fd is -1 if there is no such file to be had. */
static enum file_lock
open_locked(const char *path, int *fd)
{
    for (int i = 0; i < TRIES; i++) {
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd < 0)
            return FILE_LOCK_NONE;
        enum file_lock got = file_lock(*fd, false);
        if (got == FILE_LOCK_NONE || file_bears_name(*fd, path))
            return got;
        close(*fd);
    }
    *fd = -1;
    return FILE_LOCK_HELD;
}

/* name and path are taken. */
static void
keep(struct locks *locks, char *name, char *path, int fd)
{
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", locks->pid);
    if (ftruncate(fd, 0) == 0)
        file_write_all(fd, (struct dc_str){pid, (size_t)len});
    struct lock *lock = mem_alloc(sizeof *lock);
    *lock = (struct lock){name, path, fd, locks->first};
    locks->first = lock;
}

static struct lock **
find(struct locks *locks, const char *name)
{
    struct lock **at = &locks->first;
    while (*at != NULL && strcmp((*at)->file, name) != 0)
        at = &(*at)->next;
    return at;
}

/* name is taken. */
static bool
take(struct locks *locks, const char *state_dir, char *name, int *holder)
{
    int fd = -1;
    char *path = lock_path(state_dir, name);
    enum file_lock got = path == NULL ? FILE_LOCK_NONE : open_locked(path, &fd);
    if (fd >= 0 && got != FILE_LOCK_HELD) {
        keep(locks, name, path, fd);
        return true;
    }
    if (fd >= 0) {
        *holder = read_pid(fd);
        close(fd);
    }
    free(path);
    free(name);
    return got != FILE_LOCK_HELD;
}

bool
locks_take(struct locks *locks, const char *state_dir, const char *file,
           int *holder)
{
    *holder = 0;
    char *name = file_canonical(file);
    if (*find(locks, name) == NULL)
        return take(locks, state_dir, name, holder);
    free(name);
    return true;
}

void
locks_drop(struct locks *locks, const char *file)
{
    char *name = file_canonical(file);
    struct lock **at = find(locks, name);
    struct lock *lock = *at;
    free(name);
    if (lock == NULL)
        return;
    *at = lock->next;
    release(lock);
}
