/* Run a program, no shell, and collect what it prints. */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "deepchat.h"
#include "host/loop.h"

struct child;

struct child_result {
    bool started;   /* false: the program could not be run */
    bool timed_out; /* it was killed after its time */
    bool cancelled;
    bool too_much; /* it printed more than the limit and was killed */
    int status;    /* exit code, or 128 + signal */
    struct dc_str out;
    struct dc_str err; /* the first kilobyte of its stderr */
};

/* Strings are borrowed until it returns; the child is gone then. */
typedef void child_done_fn(void *user, const struct child_result *result);

struct child_options {
    char *const *argv; /* argv[0] is looked up in PATH */
    size_t out_max;
    int timeout_ms; /* 0: none */
};

/* The child gets stdin from /dev/null, its own process group, and of our
 * environment only what a program needs (PATH HOME USER LANG LC_* TERM TMPDIR
 * XDG_* SSH_AUTH_SOCK GPG_TTY DBUS_SESSION_BUS_ADDRESS DISPLAY XAUTHORITY
 * WAYLAND_DISPLAY). done comes exactly once, from the loop. */
struct child *child_start(struct loop *lp, const struct child_options *options,
                          child_done_fn *done, void *user);
/* End its group, SIGTERM first and SIGKILL 2 s later, as when its time is up;
 * done comes from the loop. */
void child_cancel(struct child *child);
/* The same at once, for who does not wait: the child is freed, and done is not
 * called any more. */
void child_drop(struct child *child);

#endif
