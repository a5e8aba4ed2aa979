/*
 * For tests: processes that cannot outlive them, and waiting with a deadline.
 * What cannot be done ends the test with a message (abort), so calls need no
 * checks.
 */
#ifndef TEST_PROC_H
#define TEST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* CLOCK_MONOTONIC. */
long long now_ms(void);
void pause_ms(int ms);

/* Wait until cond holds, at most ms; check cond again behind it. */
#define WAIT_FOR(cond, ms)                                                     \
    for (long long until_ = now_ms() + (ms); !(cond) && now_ms() < until_;)    \
    pause_ms(1)

/* The same with a function; true if it held in time. */
typedef bool wait_fn(void *user);
bool wait_until(wait_fn *fn, void *user, int ms);

/* ---- processes ----------------------------------------------------------- */

enum {
    PROC_IN = 1,  /* a pipe instead of /dev/null */
    PROC_OUT = 2, /* a pipe instead of the test's own */
    PROC_ERR = 4,
};

struct proc {
    pid_t pid;        /* 0 once it has been waited for */
    int in, out, err; /* our ends; -1 if there is no pipe, or closed */
    int status;       /* exit status, or 128 + signal; -1 while it runs */
};

/* argv ends with NULL; argv[0] is looked for in PATH. */
void proc_start(struct proc *p, const char *const argv[], unsigned pipes);
/* True once it has ended; p->status is set then. */
bool proc_wait(struct proc *p, int ms);
/* Close the pipes, ask it to end, kill it after two seconds. Returns the
 * status. Fine on one that has ended. */
int proc_stop(struct proc *p);
void proc_close_in(struct proc *p);

/* Read from fd until what came contains text (NULL: until its end). Owned
 * (free), NUL-terminated; NULL if that did not happen in time. */
char *proc_read_until(int fd, const char *text, int ms);
/* Write all of it. */
void proc_write(int fd, const void *bytes, size_t len);

#endif
