/*
 * The event loop: file descriptors, timers, signals, exits of children, and
 * one blocking point. A handler may watch, unwatch, start and stop anything,
 * itself included; what it removed is not called again, and what it added is
 * not called before the next round.
 */
#ifndef HOST_LOOP_H
#define HOST_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

typedef void loop_fd_fn(void *user, int fd, unsigned ready);
typedef void loop_timer_fn(void *user);
/* Just before the loop waits. Returns how many milliseconds it may wait at
 * most, negative for any time. */
typedef int loop_hook_fn(void *user);
typedef void loop_signal_fn(void *user, int number);
typedef void loop_exit_fn(void *user, pid_t pid, int status);

/* What a borrowed wait function is given and fills in (ready). */
struct loop_wait {
    int fd;
    unsigned want;
    unsigned ready;
};

/* Wait until one of the fds is ready or timeout_ms (negative: for ever) is
 * over. libcurl lends its own, so that its sockets wake us too. */
typedef void loop_wait_fn(void *user, struct loop_wait *fds, size_t count,
                          int timeout_ms);

struct loop *loop_new(void);
void loop_free(struct loop *lp);

/* Replace the built-in poll(). */
void loop_lend_wait(struct loop *lp, loop_wait_fn *fn, void *user);

/* fd stays the caller's. Watching a watched fd changes want, fn and user. */
void loop_watch(struct loop *lp, int fd, unsigned want, loop_fd_fn *fn,
                void *user);
void loop_unwatch(struct loop *lp, int fd);

/* Once, after ms milliseconds. Returns an id that is never 0. */
uint64_t loop_timer(struct loop *lp, int ms, loop_timer_fn *fn, void *user);
/* 0 and ids of timers that have run are ignored. */
void loop_timer_stop(struct loop *lp, uint64_t id);

void loop_hook(struct loop *lp, loop_hook_fn *fn, void *user);

/* Route SIGTERM, SIGHUP and SIGINT to fn. Once per process. */
void loop_signals(struct loop *lp, loop_signal_fn *fn, void *user);

/* Tell when the child pid has exited (waitpid status). */
void loop_child(struct loop *lp, pid_t pid, loop_exit_fn *fn, void *user);
/* Nobody is told, but it is still seen off. */
void loop_child_forget(struct loop *lp, pid_t pid);

/* Run until loop_stop(). */
void loop_run(struct loop *lp);
void loop_stop(struct loop *lp);
/* One round: hooks, wait at most timeout_ms, handlers. For tests, and for what
 * is due when the loop has stopped. */
void loop_turn(struct loop *lp, int timeout_ms);

/* Monotonic clock in milliseconds and in microseconds. */
int64_t loop_now(void);
int64_t loop_now_us(void);

#endif
