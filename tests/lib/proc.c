/*
 * A child is tied to its test three ways: on Linux the kernel kills it when
 * the test dies, everywhere its pipes end, and proc_stop() ends it.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/buf.h"
#include "base/mem.h"

#define OUTPUT_MAX ((size_t)64 << 20)

static void
stop_test(const char *what)
{
    perror(what);
    abort();
}

long long
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

bool
wait_until(wait_fn *fn, void *user, int ms)
{
    bool held = false;
    WAIT_FOR((held = fn(user)), ms);
    return held || fn(user);
}

/* ---- processes ----------------------------------------------------------- */

static void
make_pipe(int ends[2])
{
    if (pipe(ends) != 0)
        stop_test("pipe");
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

static void
die_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(127);
}

static void
run(const char *const argv[], const int fds[3])
{
    for (int i = 0; i < 3; i++)
        if (fds[i] >= 0)
            dup2(fds[i], i);
    signal(SIGPIPE, SIG_DFL);
    /* exec's argument is const in all but its type */
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void
proc_start(struct proc *p, const char *const argv[], unsigned pipes)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    *p = (struct proc){.status = -1};
    if (pipes & PROC_IN)
        make_pipe(in);
    else
        in[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (pipes & PROC_OUT)
        make_pipe(out);
    if (pipes & PROC_ERR)
        make_pipe(err);
    pid_t parent = getpid();
    p->pid = fork();
    if (p->pid < 0)
        stop_test("fork");
    if (p->pid == 0) {
        die_with(parent);
        run(argv, (const int[]){in[0], out[1], err[1]});
    }
    close_fd(&in[0]);
    close_fd(&out[1]);
    close_fd(&err[1]);
    p->in = in[1];
    p->out = out[0];
    p->err = err[0];
}

static bool
has_ended(void *user)
{
    struct proc *p = user;
    if (p->pid == 0)
        return true;
    int status;
    pid_t got = waitpid(p->pid, &status, WNOHANG);
    if (got == 0)
        return false;
    p->pid = 0;
    if (got > 0)
        p->status =
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return true;
}

bool
proc_wait(struct proc *p, int ms)
{
    return wait_until(has_ended, p, ms);
}

void
proc_close_in(struct proc *p)
{
    close_fd(&p->in);
}

int
proc_stop(struct proc *p)
{
    close_fd(&p->in);
    if (!has_ended(p)) {
        kill(p->pid, SIGTERM);
        if (!proc_wait(p, 2000)) {
            kill(p->pid, SIGKILL);
            proc_wait(p, 2000);
        }
    }
    close_fd(&p->out);
    close_fd(&p->err);
    return p->status;
}

/* False at the end of the stream or of the time. */
static bool
read_more(int fd, struct buf *to, long long until, bool *ended)
{
    long long left = until - now_ms();
    struct pollfd wait = {fd, POLLIN, 0};
    int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
    if (ready <= 0) /* a child that ends interrupts it */
        return ready < 0 && errno == EINTR;
    char piece[4096];
    ssize_t n = read(fd, piece, sizeof piece);
    *ended = n == 0 || (n < 0 && errno != EINTR);
    if (n > 0)
        buf_add(to, piece, (size_t)n);
    return !*ended;
}

char *
proc_read_until(int fd, const char *text, int ms)
{
    struct buf got;
    buf_init(&got, OUTPUT_MAX);
    long long until = now_ms() + ms;
    bool ended = false, found = false;
    while (!found && read_more(fd, &got, until, &ended))
        found =
            text != NULL && got.ptr != NULL && strstr(got.ptr, text) != NULL;
    if (found || (text == NULL && ended))
        return buf_take(&got, NULL);
    buf_finish(&got);
    return NULL;
}

void
proc_write(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno != EINTR)
            stop_test("write");
        if (n > 0) {
            at += n;
            len -= (size_t)n;
        }
    }
}
