/*
 * The lock stands beside the journal and not on the chat itself, because
 * editors replace a file when they write it.
 */
#include "host/lock.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"

struct lock {
    char *file;
    char *path;
    int fd;
    struct lock *next;
};

struct locks {
    struct lock *first;
};

struct locks *
locks_new(void)
{
    return mem_alloc(sizeof(struct locks));
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
locks_free(struct locks *locks)
{
    if (locks == NULL)
        return;
    while (locks->first != NULL) {
        struct lock *lock = locks->first;
        locks->first = lock->next;
        release(lock);
    }
    free(locks);
}

static uint64_t
hash(const char *text)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 1099511628211u;
    return h;
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

/* One lock, whatever links lead to the file. */
static char *
lock_path(const char *state_dir, const char *file)
{
    char name[32];
    if (state_dir == NULL)
        return NULL;
    char *dir = file_join(state_dir, "locks");
    char *path = NULL, *real = realpath(file, NULL);
    snprintf(name, sizeof name, "%016llx.lock",
             (unsigned long long)hash(real != NULL ? real : file));
    free(real);
    if (file_mkdir(dir, NULL))
        path = file_join(dir, name);
    free(dir);
    return path;
}

static void
keep(struct locks *locks, const char *file, char *path, int fd)
{
    char pid[32];
    int len = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0)
        file_write_all(fd, (struct dc_str){pid, (size_t)len});
    struct lock *lock = mem_alloc(sizeof *lock);
    *lock = (struct lock){mem_str(file), path, fd, locks->first};
    locks->first = lock;
}

static struct lock **
find(struct locks *locks, const char *file)
{
    struct lock **at = &locks->first;
    while (*at != NULL && strcmp((*at)->file, file) != 0)
        at = &(*at)->next;
    return at;
}

bool
locks_take(struct locks *locks, const char *state_dir, const char *file,
           int *holder)
{
    *holder = 0;
    if (*find(locks, file) != NULL)
        return true;
    char *path = lock_path(state_dir, file);
    int fd = path == NULL
                 ? -1
                 : open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        free(path);
        return true;
    }
    if (file_lock(fd, false) != FILE_LOCK_HELD) {
        keep(locks, file, path, fd);
        return true;
    }
    *holder = read_pid(fd);
    close(fd);
    free(path);
    return false;
}

void
locks_drop(struct locks *locks, const char *file)
{
    struct lock **at = find(locks, file);
    struct lock *lock = *at;
    if (lock == NULL)
        return;
    *at = lock->next;
    release(lock);
}
