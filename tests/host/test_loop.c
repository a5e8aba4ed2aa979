/* What a handler may do while the loop is in the middle of a round. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/loop.h"

enum { MS = 5000 };

struct rig {
    struct loop *lp;
    int fds[4][2]; /* pipes */
    int log[64];   /* who was called, in order */
    size_t count;
    uint64_t timer;
};

static void
start(struct rig *r)
{
    *r = (struct rig){.lp = loop_new()};
    for (size_t i = 0; i < 4; i++) {
        cr_assert_eq(pipe(r->fds[i]), 0);
        fcntl(r->fds[i][0], F_SETFL, O_NONBLOCK);
    }
}

static void
stop(struct rig *r)
{
    loop_free(r->lp);
    for (size_t i = 0; i < 4; i++) {
        close(r->fds[i][0]);
        close(r->fds[i][1]);
    }
}

static void
note(struct rig *r, int what)
{
    cr_assert_lt(r->count, 64);
    r->log[r->count++] = what;
}

static void
expect(struct rig *r, const int *want, size_t count)
{
    cr_assert_eq(r->count, count, "%zu calls, not %zu", r->count, count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(r->log[i], want[i], "call %zu: %d", i, r->log[i]);
    r->count = 0;
}

#define EXPECT(r, ...)                                                         \
    expect(r, (const int[]){__VA_ARGS__},                                      \
           sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

/* ---- descriptors ---- */

static int
index_of(const struct rig *r, int fd)
{
    for (int i = 0; i < 4; i++)
        if (r->fds[i][0] == fd || r->fds[i][1] == fd)
            return i;
    return -1;
}

static void
take(void *user, int fd, unsigned ready)
{
    struct rig *r = user;
    char bytes[16];
    cr_expect_eq(ready, LOOP_READ);
    ssize_t n = read(fd, bytes, sizeof bytes);
    note(r, n == 0 ? 90 + index_of(r, fd) : index_of(r, fd));
    if (n == 0)
        loop_unwatch(r->lp, fd);
}

/* Takes the others' watches away, and watches the last pipe, which is ready,
 * too. */
static void
turn_over(void *user, int fd, unsigned ready)
{
    struct rig *r = user;
    take(user, fd, ready);
    loop_unwatch(r->lp, r->fds[0][0]);
    loop_unwatch(r->lp, r->fds[1][0]);
    loop_watch(r->lp, r->fds[3][0], LOOP_READ, take, r);
}

static void
can_write(void *user, int fd, unsigned ready)
{
    struct rig *r = user;
    cr_expect_eq(ready, LOOP_WRITE);
    note(r, 10 + index_of(r, fd));
    loop_unwatch(r->lp, fd);
}

Test(loop, descriptors, .timeout = 20)
{
    struct rig r;
    start(&r);
    loop_watch(r.lp, r.fds[0][0], LOOP_READ, turn_over, &r);
    loop_watch(r.lp, r.fds[1][0], LOOP_READ, take, &r);
    loop_watch(r.lp, r.fds[2][0], LOOP_READ, take, &r);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(write(r.fds[i][1], "x", 1), 1);
    loop_turn(r.lp, MS);
    EXPECT(&r, 0, 2); /* 1 was taken away, 3 came too late */
    loop_turn(r.lp, MS);
    EXPECT(&r, 3);
    close(r.fds[2][1]);
    loop_turn(r.lp, MS);
    EXPECT(&r, 92); /* the end is something to read */
    loop_turn(r.lp, 0);
    cr_expect_eq(r.count, 0);
    loop_watch(r.lp, r.fds[1][1], LOOP_WRITE, can_write, &r);
    loop_turn(r.lp, MS);
    loop_turn(r.lp, 0);
    EXPECT(&r, 11);
    r.fds[2][1] = dup(r.fds[2][0]);
    stop(&r);
}

/* Many watches: the table grows while handlers run. */
static void
watch_all(void *user, int fd, unsigned ready)
{
    struct rig *r = user;
    take(user, fd, ready);
    for (int i = 1; i < 4; i++) {
        loop_watch(r->lp, r->fds[i][0], LOOP_READ, take, r);
        loop_watch(r->lp, r->fds[i][1], 0, take, r);
    }
}

Test(loop, grows_in_a_round, .timeout = 20)
{
    struct rig r;
    start(&r);
    loop_watch(r.lp, r.fds[0][0], LOOP_READ, watch_all, &r);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(write(r.fds[i][1], "x", 1), 1);
    loop_turn(r.lp, MS);
    EXPECT(&r, 0);
    loop_turn(r.lp, MS);
    EXPECT(&r, 1, 2, 3);
    stop(&r);
}

/* ---- timers ---- */

static void
timer_one(void *user)
{
    note(user, 1);
}

static void
timer_two(void *user)
{
    note(user, 2);
}

/* A timer of no time that starts another and stops a third. */
static void
timer_three(void *user)
{
    struct rig *r = user;
    note(r, 3);
    loop_timer(r->lp, 0, timer_two, r);
    loop_timer_stop(r->lp, r->timer);
    loop_timer_stop(r->lp, 0);
    loop_timer_stop(r->lp, 12345678);
}

Test(loop, timers, .timeout = 20)
{
    struct rig r;
    start(&r);
    loop_timer(r.lp, 0, timer_three, &r);
    r.timer = loop_timer(r.lp, 0, timer_one, &r);
    loop_turn(r.lp, MS);
    EXPECT(&r, 3);
    loop_turn(r.lp, MS);
    EXPECT(&r, 2);
    int64_t before = loop_now_us();
    loop_timer(r.lp, 40, timer_two, &r);
    loop_timer(r.lp, 20, timer_one, &r);
    loop_timer(r.lp, -5, timer_three, &r);
    while (r.count < 4)
        loop_turn(r.lp, MS);
    EXPECT(&r, 3, 2, 1, 2);
    int64_t took = loop_now_us() - before;
    cr_expect(took >= 40000 && took < 2000000, "%d us", (int)took);
    loop_turn(r.lp, 0);
    cr_expect_eq(r.count, 0, "once");
    stop(&r);
}

/* ---- hooks, run and stop ---- */

static int
hook(void *user)
{
    struct rig *r = user;
    note(r, 7);
    if (r->count == 3)
        loop_stop(r->lp);
    return 5;
}

Test(loop, hooks_bound_the_wait, .timeout = 20)
{
    struct rig r;
    start(&r);
    loop_hook(r.lp, hook, &r);
    int64_t before = loop_now();
    loop_run(r.lp); /* no event at all: the hook alone keeps it going */
    EXPECT(&r, 7, 7, 7);
    cr_expect_lt(loop_now() - before, 1000);
    stop(&r);
}

/* ---- signals and children ---- */

static void
on_signal(void *user, int number)
{
    note(user, number);
}

static void
on_exit_of(void *user, pid_t pid, int status)
{
    cr_expect_gt(pid, 0);
    note(user, WIFEXITED(status) ? 100 + WEXITSTATUS(status)
                                 : 200 + WTERMSIG(status));
}

static void
child(struct rig *r, int status, int number)
{
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGTERM, SIG_DFL);
        if (number != 0)
            raise(number);
        _exit(status);
    }
    loop_child(r->lp, pid, on_exit_of, r);
    for (int64_t end = loop_now() + MS; r->count == 0 && loop_now() < end;)
        loop_turn(r->lp, MS);
}

Test(loop, signals_and_children, .timeout = 20)
{
    static const int numbers[] = {SIGTERM, SIGHUP, SIGINT};
    struct rig r;
    start(&r);
    loop_signals(r.lp, on_signal, &r);
    for (size_t i = 0; i < 3; i++) {
        raise(numbers[i]);
        loop_turn(r.lp, MS);
        EXPECT(&r, numbers[i]);
    }
    child(&r, 3, 0);
    EXPECT(&r, 103);
    child(&r, 0, SIGTERM);
    EXPECT(&r, 200 + SIGTERM);
    stop(&r);
}
