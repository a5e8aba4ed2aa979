/* Programs that end well, badly, late, or never start; what they are given,
 * and that done comes once, from the loop. */
#include "host/child.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"

struct seen {
    int calls;
    struct child_result result;
    char out[8192];
    char err[2048];
};

static void
on_done(void *user, const struct child_result *result)
{
    struct seen *seen = user;
    seen->calls++;
    seen->result = *result;
    cr_assert(result->out.len < sizeof seen->out);
    cr_assert(result->err.len < sizeof seen->err);
    if (result->out.len > 0)
        memcpy(seen->out, result->out.ptr, result->out.len);
    if (result->err.len > 0)
        memcpy(seen->err, result->err.ptr, result->err.len);
    seen->out[result->out.len] = '\0';
    seen->err[result->err.len] = '\0';
}

static void
turn_until_done(struct loop *lp, const struct seen *seen)
{
    int64_t end = loop_now() + 10000;
    while (seen->calls == 0 && loop_now() < end)
        loop_turn(lp, 100);
    cr_assert_eq(seen->calls, 1);
}

/* argv of exec functions is not const for reasons of age only. */
static struct child *
start(struct loop *lp, const char *const *argv, size_t out_max, int timeout_ms,
      child_done_fn *done, void *user)
{
    struct child_options options = {(char *const *)(uintptr_t)argv, out_max,
                                    timeout_ms};
    return child_start(lp, &options, done, user);
}

static struct seen
run(const char *script, size_t out_max, int timeout_ms)
{
    struct loop *lp = loop_new();
    struct seen seen = {0};
    const char *const argv[] = {"sh", "-c", script, NULL};
    start(lp, argv, out_max, timeout_ms, on_done, &seen);
    cr_expect_eq(seen.calls, 0, "done comes from the loop");
    turn_until_done(lp, &seen);
    loop_turn(lp, 0);
    loop_turn(lp, 0);
    cr_expect_eq(seen.calls, 1, "done came twice");
    loop_free(lp);
    return seen;
}

Test(child, how_programs_end, .timeout = 30)
{
    static const struct {
        const char *script;
        int status;
        const char *out, *err;
    } cases[] = {
        {"exit 0", 0, "", ""},
        {"echo hi", 0, "hi\n", ""},
        {"printf 'a\\0b' | tr '\\0' x; exit 3", 3, "axb", ""},
        {"echo no >&2; exit 255", 255, "", "no\n"},
        {"kill -9 $$", 137, "", ""},
        {"echo out; kill -TERM $$", 143, "out\n", ""},
        {"exec >&- 2>&-; exit 4", 4, "", ""},
        {"cat", 0, "", ""},
        {"exec no-such-program-at-all 2>/dev/null", 127, "", ""},
        {"kill -PIPE $$", 128 + SIGPIPE, "", ""},
        /* a daemon keeps the pipe; nobody waits for it */
        {"echo x; sleep 20 & exit 5", 5, "x\n", ""},
    };
    /* what the host ignores must not be ignored by its programs */
    signal(SIGPIPE, SIG_IGN);
    int64_t start = loop_now();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen s = run(cases[i].script, 100, 10000);
        cr_expect(s.result.started, "%s", cases[i].script);
        cr_expect(!s.result.timed_out && !s.result.cancelled);
        cr_expect(!s.result.too_much);
        cr_expect_eq(s.result.status, cases[i].status, "%s: %d",
                     cases[i].script, s.result.status);
        cr_expect_str_eq(s.out, cases[i].out);
        cr_expect_str_eq(s.err, cases[i].err);
    }
    cr_expect(loop_now() < start + 10000);
}

Test(child, what_is_kept_of_the_output, .timeout = 30)
{
    static const struct {
        const char *script;
        size_t max, out, err;
        bool too_much;
    } cases[] = {
        {"printf 1234567890", 10, 10, 0, false},
        {"printf 1234567890", 9, 9, 0, true},
        {"printf 1", 0, 0, 0, true},
        {"exit 0", 0, 0, 0, false},
        {"while :; do echo yyyyyyyyyyyyyyyyyyyyyyyy; done", 5000, 5000, 0,
         true},
        {"head -c 1024 /dev/zero >&2", 10, 0, 1024, false},
        {"head -c 1025 /dev/zero >&2", 10, 0, 1024, false},
        {"head -c 200000 /dev/zero >&2; printf x", 10, 1, 1024, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct seen s = run(cases[i].script, cases[i].max, 20000);
        cr_expect_eq(s.result.out.len, cases[i].out, "%s", cases[i].script);
        cr_expect_eq(s.result.err.len, cases[i].err, "%s", cases[i].script);
        cr_expect_eq(s.result.too_much, cases[i].too_much, "%s",
                     cases[i].script);
        cr_expect(!s.result.timed_out);
    }
}

/* All that the program wrote arrives, though it is gone before it is read. */
static void
count_bytes(void *user, const struct child_result *result)
{
    *(size_t *)user = result->out.len;
}

Test(child, a_full_pipe_is_read_to_the_end, .timeout = 30)
{
    static const size_t sizes[] = {60000, 65536, 1000000};
    for (size_t i = 0; i < 3; i++) {
        struct loop *lp = loop_new();
        char number[32];
        snprintf(number, sizeof number, "%zu", sizes[i]);
        const char *const argv[] = {"head", "-c", number, "/dev/zero", NULL};
        size_t got = SIZE_MAX;
        start(lp, argv, 1 << 20, 20000, count_bytes, &got);
        int64_t end = loop_now() + 10000;
        while (got == SIZE_MAX && loop_now() < end)
            loop_turn(lp, 100);
        cr_expect_eq(got, sizes[i]);
        loop_free(lp);
    }
}

Test(child, what_takes_too_long_is_killed, .timeout = 30)
{
    int64_t start = loop_now();
    struct seen s = run("echo before; exec sleep 20", 100, 50);
    cr_expect(s.result.timed_out && s.result.started);
    cr_expect_eq(s.result.status, 128 + SIGTERM);
    cr_expect_str_eq(s.out, "before\n");
    cr_expect(loop_now() < start + 1500);

    start = loop_now();
    s = run("trap '' TERM; while :; do sleep 1; done", 100, 50);
    cr_expect(s.result.timed_out);
    cr_expect_eq(s.result.status, 128 + SIGKILL);
    int64_t took = loop_now() - start;
    cr_expect(took >= 2000 && took < 5000, "%d ms", (int)took);
}

Test(child, the_group_goes_with_it, .timeout = 30)
{
    /* the leader ends at SIGTERM, its child would not */
    struct seen s = run("sh -c 'trap \"\" TERM; echo $$; while :; do "
                        "sleep 1; done' & wait",
                        100, 300);
    cr_expect(s.result.timed_out);
    int pid = atoi(s.out);
    cr_assert_gt(pid, 1);
    int64_t end = loop_now() + 5000;
    char stat[64], state = 'R';
    snprintf(stat, sizeof stat, "/proc/%d/stat", pid);
    while (kill(pid, 0) == 0 && state != 'Z' && loop_now() < end) {
        FILE *f = fopen(stat, "r");
        if (f == NULL)
            break;
        if (fscanf(f, "%*d %*s %c", &state) != 1)
            state = 'R';
        fclose(f);
    }
    cr_expect(kill(pid, 0) != 0 || state == 'Z', "it is still there");
}

/* Its timer must not fire once the child is gone. */
Test(child, the_time_of_a_child_that_ended, .timeout = 30)
{
    struct loop *lp = loop_new();
    struct seen seen = {0};
    const char *const argv[] = {"true", NULL};
    start(lp, argv, 10, 100, on_done, &seen);
    turn_until_done(lp, &seen);
    for (int64_t end = loop_now() + 150; loop_now() < end;)
        loop_turn(lp, 10);
    cr_expect_eq(seen.calls, 1);
    loop_free(lp);
}

Test(child, cancel, .timeout = 30)
{
    struct loop *lp = loop_new();
    struct seen seen = {0};
    const char *argv[] = {"sleep", "20", NULL};
    struct child *c = start(lp, argv, 10, 0, on_done, &seen);
    child_cancel(c);
    child_cancel(c);
    cr_expect_eq(seen.calls, 0);
    turn_until_done(lp, &seen);
    cr_expect(seen.result.cancelled && !seen.result.timed_out);
    cr_expect_eq(seen.result.status, 128 + SIGTERM);

    seen = (struct seen){0};
    argv[0] = "no-such-program-at-all";
    child_cancel(start(lp, argv, 10, 0, on_done, &seen));
    turn_until_done(lp, &seen);
    cr_expect(seen.result.cancelled && !seen.result.started);
    loop_free(lp);
}

/* Also those that have ended and wait to be seen off. */
static bool
has_children(void)
{
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Nobody is told, whatever its state; nothing of it stays. */
Test(child, drop, .timeout = 30)
{
    struct loop *lp = loop_new();
    struct seen seen = {0};
    const char *argv[] = {"sleep", "20", NULL};
    child_drop(start(lp, argv, 10, 10, on_done, &seen));
    argv[0] = "no-such-program-at-all";
    child_drop(start(lp, argv, 10, 0, on_done, &seen));
    for (int i = 0; i < 3; i++)
        loop_turn(lp, 20);
    for (int64_t end = loop_now() + 10000; has_children() && loop_now() < end;)
        loop_turn(lp, 20);
    cr_expect(!has_children());
    cr_expect_eq(seen.calls, 0);
    loop_free(lp);
}

Test(child, what_cannot_be_started, .timeout = 30)
{
    static const char *const programs[][2] = {
        {"no-such-program-at-all", NULL},
        {"/etc/passwd", NULL},
        {"/", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    struct loop *lp = loop_new();
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct seen seen = {0};
        start(lp, programs[i], 10, 1000, on_done, &seen);
        cr_expect_eq(seen.calls, 0);
        turn_until_done(lp, &seen);
        cr_expect(!seen.result.started, "program %zu", i);
        cr_expect_eq(seen.result.out.len + seen.result.err.len, 0);
    }
    loop_free(lp);
}

static size_t
open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

Test(child, without_descriptors, .timeout = 30)
{
    struct loop *lp = loop_new();
    const char *const argv[] = {"true", NULL};
    struct rlimit before, few;
    getrlimit(RLIMIT_NOFILE, &before);
    few = before;
    run("exit 0", 10, 5000);
    size_t used = open_descriptors();
    for (few.rlim_cur = 0; few.rlim_cur < 40; few.rlim_cur++) {
        struct seen seen = {0};
        setrlimit(RLIMIT_NOFILE, &few);
        start(lp, argv, 10, 5000, on_done, &seen);
        setrlimit(RLIMIT_NOFILE, &before);
        turn_until_done(lp, &seen);
        cr_expect(!seen.result.started || seen.result.status == 0);
        cr_expect(few.rlim_cur > 0 || !seen.result.started);
        cr_expect_eq(open_descriptors(), used);
    }
    loop_free(lp);
}

Test(child, environment_descriptors_group, .timeout = 30)
{
    setenv("DEEPINFRA_API_KEY", "canary-canary", 1);
    setenv("PATHS", "canary-canary", 1);
    setenv("LD_PRELOAD_X", "canary-canary", 1);
    setenv("LC_ALL", "C", 1);
    setenv("XDG_STATE_HOME", "/x", 1);
    setenv("GPG_TTY", "/dev/tty9", 1);
    struct seen s = run("env", 8000, 10000);
    cr_expect(!strstr(s.out, "canary"), "%s", s.out);
    static const char *const there[] = {
        "PATH=", "LC_ALL=C\n", "XDG_STATE_HOME=/x\n", "GPG_TTY=/dev/tty9\n"};
    for (size_t i = 0; i < 4; i++)
        cr_expect(strstr(s.out, there[i]), "%s", there[i]);

    /* the test program's own do not count */
    for (int fd = 3; fd < 1024; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    int leak = open("/dev/null", O_RDONLY | O_CLOEXEC);
    s = run("for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do "
            "if [ -e /proc/$$/fd/$n ]; then echo $n; fi; done; "
            "readlink /proc/$$/fd/0",
            8000, 10000);
    cr_expect_str_eq(s.out, "/dev/null\n");
    close(leak);
    s = run("ps -o pgid= -p $$ | tr -d ' '; echo $$", 8000, 10000);
    int group = 0, pid = 1;
    if (sscanf(s.out, "%d %d", &group, &pid) == 2)
        cr_expect_eq(group, pid, "%s", s.out);
}

/* done may start the next program, and many run at once. */
struct chain {
    struct loop *lp;
    int left;
    int done;
};

static void
start_next(void *user, const struct child_result *result)
{
    struct chain *chain = user;
    cr_expect(result == NULL || str_is(result->out, "hi\n"));
    chain->done += result != NULL;
    if (chain->left-- <= 0)
        return;
    const char *const argv[] = {"echo", "hi", NULL};
    start(chain->lp, argv, 10, 5000, start_next, chain);
}

Test(child, many, .timeout = 30)
{
    struct chain chain = {loop_new(), 40, 0};
    run("exit 0", 10, 5000);
    size_t before = open_descriptors();
    for (int i = 0; i < 10; i++)
        start_next(&chain, NULL);
    int64_t end = loop_now() + 20000;
    while (chain.done < 40 && loop_now() < end)
        loop_turn(chain.lp, 100);
    cr_expect_eq(chain.done, 40);
    cr_expect_eq(open_descriptors(), before);
    loop_free(chain.lp);
}
