/*
 * Children. A child is over when its process has exited: what it wrote is in
 * the pipes by then and is read to the end, but nobody waits for a daemon that
 * it left behind with our pipe open.
 */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#ifdef __APPLE__
#include <crt_externs.h>
#define environ (*_NSGetEnviron())
#endif

enum { ERR_MAX = 1024, GRACE_MS = 2000, READ_STEP = 16 << 10, DRAIN_MAX = 64 };

struct child {
    struct loop *lp;
    child_done_fn *done;
    void *user;

    struct buf out;
    struct buf err;

    int out_fd; /* -1 once it is closed */
    int err_fd;
    pid_t pid; /* 0: not started, or over */
    uint64_t timer;
    bool killing; /* SIGTERM was sent */
    struct child_result result;
};

/* ---- starting ---- */

static bool
allowed(const char *pair)
{
    static const char *const names[] = {
        "PATH=",
        "HOME=",
        "USER=",
        "LANG=",
        "LC_",
        "TERM=",
        "TMPDIR=",
        "XDG_",
        "SSH_AUTH_SOCK=",
        "GPG_TTY=",
        "DISPLAY=",
        "XAUTHORITY=",
        "DBUS_SESSION_BUS_ADDRESS=",
        "WAYLAND_DISPLAY=",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(pair, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

/* Owned (free); the strings are the environment's. */
static char **
allowed_environment(void)
{
    size_t count = 0, kept = 0;
    while (environ != NULL && environ[count] != NULL)
        count++;
    char **list = mem_alloc((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++)
        if (allowed(environ[i]))
            list[kept++] = environ[i];
    return list;
}

/* No other thread starts programs, so that setting the flags late is safe
 * where pipe2() is missing. */
static bool
open_pipe(int ends[2])
{
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
#else
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return true;
}

static void
set_attributes(posix_spawnattr_t *attr)
{
    sigset_t set;
    short flags =
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
#ifdef POSIX_SPAWN_CLOEXEC_DEFAULT
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    posix_spawnattr_init(attr);
    posix_spawnattr_setflags(attr, flags);
    posix_spawnattr_setpgroup(attr, 0);
    sigemptyset(&set);
    posix_spawnattr_setsigmask(attr, &set);
    /* what the host ignores would be ignored by the program, too */
    sigaddset(&set, SIGPIPE);
    sigaddset(&set, SIGXFSZ);
    posix_spawnattr_setsigdefault(attr, &set);
}

/* 0 if it cannot be run. */
static pid_t
spawn(char *const *argv, int out, int err)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_adddup2(&actions, err, 2);
    set_attributes(&attr);
    char **environment = allowed_environment();
    pid_t pid = 0;
    if (posix_spawnp(&pid, argv[0], &actions, &attr, argv, environment) != 0)
        pid = 0;
    free(environment);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return pid;
}

static void
start(struct child *c, char *const *argv)
{
    int out[2], err[2];
    if (argv[0] == NULL || !open_pipe(out))
        return;
    if (!open_pipe(err)) {
        close(out[0]);
        close(out[1]);
        return;
    }
    c->pid = spawn(argv, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    c->out_fd = out[0];
    c->err_fd = err[0];
    c->result.started = c->pid > 0;
}

/* ---- the end ---- */

static void
close_end(struct child *c, int *fd)
{
    if (*fd < 0)
        return;
    loop_unwatch(c->lp, *fd);
    close(*fd);
    *fd = -1;
}

static void
let_go(struct child *c)
{
    loop_timer_stop(c->lp, c->timer);
    close_end(c, &c->out_fd);
    close_end(c, &c->err_fd);
    buf_finish(&c->out);
    buf_finish(&c->err);
    free(c);
}

static void
finish(void *user)
{
    struct child *c = user;
    loop_timer_stop(c->lp, c->timer);
    c->timer = 0;
    close_end(c, &c->out_fd);
    close_end(c, &c->err_fd);
    c->result.out = buf_str(&c->out);
    c->result.err = buf_str(&c->err);
    c->done(c->user, &c->result);
    let_go(c);
}

static void
kill_now(void *user)
{
    struct child *c = user;
    c->timer = 0;
    kill(-c->pid, SIGKILL);
}

/* Ask first; a program that has files to put in order gets its time. */
static void
end_program(struct child *c)
{
    if (c->pid == 0 || c->killing)
        return;
    c->killing = true;
    loop_timer_stop(c->lp, c->timer);
    c->timer = loop_timer(c->lp, GRACE_MS, kill_now, c);
    kill(-c->pid, SIGTERM);
}

static void
on_timeout(void *user)
{
    struct child *c = user;
    c->timer = 0;
    c->result.timed_out = true;
    end_program(c);
}

/* ---- reading ---- */

/* Bytes for *fd; what does not fit is dropped. */
static void
keep(struct child *c, const int *fd, struct dc_str bytes)
{
    struct buf *to = fd == &c->out_fd ? &c->out : &c->err;
    size_t room = to->limit - to->len;
    buf_add(to, bytes.ptr, bytes.len < room ? bytes.len : room);
    if (bytes.len > room && to == &c->out) {
        c->result.too_much = true;
        end_program(c);
    }
}

/* One read. False once there is nothing more for now, or at all. */
static bool
read_some(struct child *c, int *fd)
{
    char bytes[READ_STEP];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n > 0)
        keep(c, fd, (struct dc_str){bytes, (size_t)n});
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        close_end(c, fd);
    return n > 0 || (n < 0 && errno == EINTR);
}

static void
on_readable(void *user, int fd, unsigned ready)
{
    (void)ready;
    struct child *c = user;
    read_some(c, fd == c->out_fd ? &c->out_fd : &c->err_fd);
}

/* The rest of what the program wrote: a pipe holds 1 MiB at most. */
static void
drain(struct child *c, int *fd)
{
    for (int i = 0; i < DRAIN_MAX && *fd >= 0 && read_some(c, fd); i++)
        continue;
}

static void
on_exit_of(void *user, pid_t pid, int status)
{
    struct child *c = user;
    c->pid = 0;
    /* nobody in the group of a program that we ended may outlive it */
    if (c->killing)
        kill(-pid, SIGKILL);
    drain(c, &c->out_fd);
    drain(c, &c->err_fd);
    c->result.status =
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    finish(c);
}

/* ---- public ---- */

struct child *
child_start(struct loop *lp, const struct child_options *options,
            child_done_fn *done, void *user)
{
    struct child *c = mem_alloc(sizeof *c);
    *c = (struct child){
        .lp = lp, .done = done, .user = user, .out_fd = -1, .err_fd = -1};
    buf_init(&c->out, options->out_max);
    buf_init(&c->err, ERR_MAX);
    start(c, options->argv);
    if (c->pid == 0) {
        c->timer = loop_timer(lp, 0, finish, c);
        return c;
    }
    loop_watch(lp, c->out_fd, LOOP_READ, on_readable, c);
    loop_watch(lp, c->err_fd, LOOP_READ, on_readable, c);
    loop_child(lp, c->pid, on_exit_of, c);
    if (options->timeout_ms > 0)
        c->timer = loop_timer(lp, options->timeout_ms, on_timeout, c);
    return c;
}

void
child_cancel(struct child *c)
{
    c->result.cancelled = true;
    end_program(c);
}

void
child_drop(struct child *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        loop_child_forget(c->lp, c->pid);
    }
    let_go(c);
}
