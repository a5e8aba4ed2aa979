/*
 * The helper thread. One mutex guards everything; it is not held during
 * fdatasync(). A struct sync that was freed while dirty belongs to the thread,
 * which ends it after its last sync.
 */
#include "host/sync.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/file.h"
#include "host/loop.h"

enum { SYNC_EVERY_MS = 250 };

struct sync {
    int fd;
    int error;
    bool dirty;
    bool busy;     /* the thread is syncing it, without the mutex */
    bool dropped;  /* sync_free() was called */
    int64_t due;   /* when it may be synced, if dirty */
    int64_t after; /* no sync that is not urgent before this */
    struct sync *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_cond_t work; /* for the thread: look again */
static pthread_cond_t done; /* for sync_flush(): one sync is over */
static struct sync *files;
static bool running;

static void
init(void)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
#ifndef __APPLE__
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
#endif
    pthread_cond_init(&work, &attr);
    pthread_cond_init(&done, &attr);
    pthread_condattr_destroy(&attr);
}

/* Wait on cond, by the monotonic clock, as a clock that is set back would
 * otherwise hold up every sync. */
static void
wait_ms(pthread_cond_t *cond, int64_t ms)
{
    struct timespec ts = {.tv_sec = (time_t)(ms / 1000),
                          .tv_nsec = (long)(ms % 1000) * 1000000};
#ifdef __APPLE__
    pthread_cond_timedwait_relative_np(cond, &mutex, &ts);
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    ts.tv_sec += now.tv_sec;
    ts.tv_nsec += now.tv_nsec;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(cond, &mutex, &ts);
#endif
}

/* Take s out of the list and free it. */
static void
end_file(struct sync *s)
{
    struct sync **link = &files;
    while (*link != s)
        link = &(*link)->next;
    *link = s->next;
    close(s->fd);
    free(s);
}

/* Sync s, with the mutex released meanwhile; s may be gone afterwards. */
static void
run_file(struct sync *s)
{
    s->dirty = false;
    s->busy = true;
    s->after = loop_now() + SYNC_EVERY_MS;
    pthread_mutex_unlock(&mutex);
    bool ok = file_sync(s->fd);
    int why = errno;
    pthread_mutex_lock(&mutex);
    s->busy = false;
    if (!ok && s->error == 0 && why != EINVAL && why != ENOTSUP)
        s->error = why;
    if (s->dropped && !s->dirty)
        end_file(s);
    pthread_cond_broadcast(&done);
}

static struct sync *
next_due(void)
{
    struct sync *first = NULL;
    for (struct sync *s = files; s != NULL; s = s->next)
        if (s->dirty && (first == NULL || s->due < first->due))
            first = s;
    return first;
}

static void *
serve(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&mutex);
    while (files != NULL) {
        struct sync *s = next_due();
        int64_t left = s != NULL ? s->due - loop_now() : 0;
        if (s == NULL)
            pthread_cond_wait(&work, &mutex);
        else if (left > 0)
            wait_ms(&work, left);
        else
            run_file(s);
    }
    running = false;
    pthread_mutex_unlock(&mutex);
    return NULL;
}

/* Signals stay with the main thread, whose loop handles them. */
static bool
start_thread(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&thread, NULL, serve, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_detach(thread);
    return ok;
}

/* Have the dirty files seen to. Without a thread those that are due at once
 * are synced here: slow, but safe. */
static void
kick(void)
{
    running = running || start_thread();
    if (running) {
        pthread_cond_signal(&work);
        return;
    }
    struct sync *s;
    while ((s = next_due()) != NULL && s->due == 0)
        run_file(s);
}

struct sync *
sync_new(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (copy < 0)
        return NULL;
    pthread_once(&once, init);
    struct sync *s = mem_alloc(sizeof *s);
    s->fd = copy;
    pthread_mutex_lock(&mutex);
    s->next = files;
    files = s;
    pthread_mutex_unlock(&mutex);
    return s;
}

void
sync_free(struct sync *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&mutex);
    s->dropped = true;
    s->due = 0;
    if (!s->dirty && !s->busy)
        end_file(s);
    if (running || files != NULL)
        kick();
    pthread_mutex_unlock(&mutex);
}

void
sync_dirty(struct sync *s, bool soon)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&mutex);
    bool sooner = !s->dirty || (soon && s->due != 0);
    if (sooner) {
        s->dirty = true;
        s->due = soon ? 0 : s->after;
        kick();
    }
    pthread_mutex_unlock(&mutex);
}

int
sync_error(struct sync *s)
{
    if (s == NULL)
        return 0;
    pthread_mutex_lock(&mutex);
    int error = s->error;
    pthread_mutex_unlock(&mutex);
    return error;
}

static bool
all_clean(void)
{
    for (struct sync *s = files; s != NULL; s = s->next)
        if (s->dirty || s->busy)
            return false;
    return true;
}

bool
sync_flush(int ms)
{
    int64_t end = loop_now() + ms, left;
    pthread_once(&once, init);
    pthread_mutex_lock(&mutex);
    for (struct sync *s = files; s != NULL; s = s->next)
        s->due = 0;
    if (!all_clean())
        kick();
    while (!all_clean() && (left = end - loop_now()) > 0)
        wait_ms(&done, left);
    bool ok = all_clean();
    pthread_mutex_unlock(&mutex);
    return ok;
}
