/*
 * One poll() a round. Handlers may change anything while they run, so an
 * entry is never moved or freed during a round: it is marked dead and swept
 * afterwards, and a serial number keeps entries added meanwhile from being
 * called before they were polled.
 */
#include "host/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

struct watch {
    int fd;
    unsigned want;
    loop_fd_fn *fn;
    void *user;
    bool dead;
};

struct timer {
    uint64_t id;
    int64_t due_us;
    loop_timer_fn *fn;
    void *user;
    bool dead;
};

struct hook {
    loop_hook_fn *fn;
    void *user;
};

struct kid {
    pid_t pid;
    loop_exit_fn *fn; /* NULL: nobody is told */
    void *user;
    bool dead;
};

struct loop {
    loop_wait_fn *wait;
    void *wait_user;
    loop_signal_fn *on_signal;
    void *signal_user;

    struct watch *watches;
    size_t watch_count, watch_cap;
    struct timer *timers;
    size_t timer_count, timer_cap;
    struct hook *hooks;
    size_t hook_count;
    struct kid *kids;
    size_t kid_count, kid_cap;
    struct loop_wait *waits;

    uint64_t last_id;
    bool stopped;
};

enum { MAX_WAIT_MS = 60000 };

/* Written to by the signal handler; there is one set of signals a process. */
static int signal_pipe[2] = {-1, -1};

int64_t
loop_now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
loop_now(void)
{
    return loop_now_us() / 1000;
}

static unsigned
to_ready(short revents)
{
    unsigned ready = 0;
    if (revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
        ready |= LOOP_READ;
    if (revents & (POLLOUT | POLLERR))
        ready |= LOOP_WRITE;
    return ready;
}

static void
plain_wait(void *user, struct loop_wait *fds, size_t count, int timeout_ms)
{
    (void)user;
    struct pollfd *set = mem_alloc((count + 1) * sizeof *set);
    for (size_t i = 0; i < count; i++) {
        set[i].fd = fds[i].fd;
        set[i].events = (short)((fds[i].want & LOOP_READ ? POLLIN : 0) |
                                (fds[i].want & LOOP_WRITE ? POLLOUT : 0));
    }
    if (poll(set, (nfds_t)count, timeout_ms) > 0)
        for (size_t i = 0; i < count; i++)
            fds[i].ready = to_ready(set[i].revents);
    free(set);
}

struct loop *
loop_new(void)
{
    struct loop *lp = mem_alloc(sizeof *lp);
    lp->wait = plain_wait;
    return lp;
}

void
loop_free(struct loop *lp)
{
    if (lp == NULL)
        return;
    free(lp->watches);
    free(lp->timers);
    free(lp->hooks);
    free(lp->kids);
    free(lp->waits);
    free(lp);
}

void
loop_lend_wait(struct loop *lp, loop_wait_fn *fn, void *user)
{
    lp->wait = fn != NULL ? fn : plain_wait;
    lp->wait_user = user;
}

/* ---- file descriptors ---- */

static struct watch *
watch_of(struct loop *lp, int fd)
{
    for (size_t i = 0; i < lp->watch_count; i++)
        if (lp->watches[i].fd == fd && !lp->watches[i].dead)
            return &lp->watches[i];
    return NULL;
}

void
loop_watch(struct loop *lp, int fd, unsigned want, loop_fd_fn *fn, void *user)
{
    struct watch *w = watch_of(lp, fd);
    if (w == NULL) {
        if (lp->watch_count == lp->watch_cap) {
            lp->watch_cap = lp->watch_cap * 2 + 4;
            lp->watches =
                mem_resize(lp->watches, lp->watch_cap, sizeof *lp->watches);
        }
        w = &lp->watches[lp->watch_count++];
    }
    *w = (struct watch){fd, want, fn, user, false};
}

void
loop_unwatch(struct loop *lp, int fd)
{
    struct watch *w = watch_of(lp, fd);
    if (w != NULL)
        w->dead = true;
}

/* ---- timers ---- */

uint64_t
loop_timer(struct loop *lp, int ms, loop_timer_fn *fn, void *user)
{
    if (lp->timer_count == lp->timer_cap) {
        lp->timer_cap = lp->timer_cap * 2 + 4;
        lp->timers = mem_resize(lp->timers, lp->timer_cap, sizeof *lp->timers);
    }
    int64_t due = loop_now_us() + (int64_t)(ms > 0 ? ms : 0) * 1000;
    uint64_t id = ++lp->last_id;
    lp->timers[lp->timer_count++] = (struct timer){id, due, fn, user, false};
    return id;
}

void
loop_timer_stop(struct loop *lp, uint64_t id)
{
    for (size_t i = 0; i < lp->timer_count; i++)
        if (lp->timers[i].id == id)
            lp->timers[i].dead = true;
}

static void
run_timers(struct loop *lp)
{
    int64_t now = loop_now_us();
    uint64_t newest = lp->last_id;
    size_t count = lp->timer_count;
    for (size_t i = 0; i < count; i++) {
        struct timer t = lp->timers[i];
        if (t.dead || t.due_us > now || t.id > newest)
            continue;
        lp->timers[i].dead = true;
        t.fn(t.user);
    }
}

/* Milliseconds until the next timer, rounded up; at most limit. */
static int
until_timer(const struct loop *lp, int limit)
{
    int64_t now = loop_now_us();
    for (size_t i = 0; i < lp->timer_count; i++) {
        const struct timer *t = &lp->timers[i];
        int64_t left = t->due_us > now ? (t->due_us - now + 999) / 1000 : 0;
        if (!t->dead && left < limit)
            limit = (int)left;
    }
    return limit;
}

void
loop_hook(struct loop *lp, loop_hook_fn *fn, void *user)
{
    lp->hooks = mem_resize(lp->hooks, lp->hook_count + 1, sizeof *lp->hooks);
    lp->hooks[lp->hook_count++] = (struct hook){fn, user};
}

/* ---- signals and children ---- */

static void
handle_signal(int number)
{
    int saved = errno;
    char byte = (char)number;
    ssize_t n = write(signal_pipe[1], &byte, 1);
    (void)n; /* a full pipe already holds enough to wake us */
    errno = saved;
}

static void
reap(struct loop *lp)
{
    size_t count = lp->kid_count;
    for (size_t i = 0; i < count; i++) {
        struct kid k = lp->kids[i];
        int status = 0;
        if (k.dead || waitpid(k.pid, &status, WNOHANG) != k.pid)
            continue;
        lp->kids[i].dead = true;
        if (k.fn != NULL)
            k.fn(k.user, k.pid, status);
    }
}

static void
on_signal_pipe(void *user, int fd, unsigned ready)
{
    (void)ready;
    struct loop *lp = user;
    char bytes[64];
    ssize_t n;
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] != SIGCHLD && lp->on_signal != NULL)
                lp->on_signal(lp->signal_user, bytes[i]);
    reap(lp);
}

static void
catch_signal(int number)
{
    struct sigaction action = {.sa_handler = handle_signal,
                               .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void
open_signal_pipe(struct loop *lp)
{
    if (signal_pipe[0] < 0) {
        if (pipe(signal_pipe) != 0)
            return;
        for (int i = 0; i < 2; i++) {
            fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
            fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
        }
    }
    loop_watch(lp, signal_pipe[0], LOOP_READ, on_signal_pipe, lp);
}

void
loop_signals(struct loop *lp, loop_signal_fn *fn, void *user)
{
    lp->on_signal = fn;
    lp->signal_user = user;
    open_signal_pipe(lp);
    catch_signal(SIGTERM);
    catch_signal(SIGHUP);
    catch_signal(SIGINT);
}

void
loop_child(struct loop *lp, pid_t pid, loop_exit_fn *fn, void *user)
{
    if (lp->kid_count == lp->kid_cap) {
        lp->kid_cap = lp->kid_cap * 2 + 4;
        lp->kids = mem_resize(lp->kids, lp->kid_cap, sizeof *lp->kids);
    }
    lp->kids[lp->kid_count++] = (struct kid){pid, fn, user, false};
    open_signal_pipe(lp);
    catch_signal(SIGCHLD);
    /* it may have exited before the handler stood: look once by itself */
    handle_signal(SIGCHLD);
}

void
loop_child_forget(struct loop *lp, pid_t pid)
{
    for (size_t i = 0; i < lp->kid_count; i++)
        if (lp->kids[i].pid == pid)
            lp->kids[i].fn = NULL;
}

/* ---- the round ---- */

static void
sweep(struct loop *lp)
{
    size_t kept = 0;
    for (size_t i = 0; i < lp->watch_count; i++)
        if (!lp->watches[i].dead)
            lp->watches[kept++] = lp->watches[i];
    lp->watch_count = kept;
    kept = 0;
    for (size_t i = 0; i < lp->timer_count; i++)
        if (!lp->timers[i].dead)
            lp->timers[kept++] = lp->timers[i];
    lp->timer_count = kept;
    kept = 0;
    for (size_t i = 0; i < lp->kid_count; i++)
        if (!lp->kids[i].dead)
            lp->kids[kept++] = lp->kids[i];
    lp->kid_count = kept;
}

static int
run_hooks(struct loop *lp, int limit)
{
    for (size_t i = 0; i < lp->hook_count; i++) {
        int ms = lp->hooks[i].fn(lp->hooks[i].user);
        if (ms >= 0 && ms < limit)
            limit = ms;
    }
    return limit;
}

/* Fill lp->waits from the watches; they share their order. */
static size_t
gather(struct loop *lp)
{
    lp->waits = mem_resize(lp->waits, lp->watch_count + 1, sizeof *lp->waits);
    for (size_t i = 0; i < lp->watch_count; i++)
        lp->waits[i] =
            (struct loop_wait){lp->watches[i].fd, lp->watches[i].want, 0};
    return lp->watch_count;
}

static void
dispatch(struct loop *lp, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct watch w = lp->watches[i];
        unsigned ready = lp->waits[i].ready & w.want;
        if (ready != 0 && !w.dead && w.fd == lp->waits[i].fd)
            w.fn(w.user, w.fd, ready);
    }
}

void
loop_turn(struct loop *lp, int timeout_ms)
{
    int limit = run_hooks(lp, timeout_ms);
    sweep(lp);
    limit = until_timer(lp, limit);
    size_t count = gather(lp);
    lp->wait(lp->wait_user, lp->waits, count, lp->stopped ? 0 : limit);
    dispatch(lp, count);
    run_timers(lp);
    sweep(lp);
}

void
loop_run(struct loop *lp)
{
    lp->stopped = false;
    while (!lp->stopped)
        loop_turn(lp, MAX_WAIT_MS);
}

void
loop_stop(struct loop *lp)
{
    lp->stopped = true;
}
