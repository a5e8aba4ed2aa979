/* Locks of chat files: one holder among many processes, one lock whatever the
 * file is called, and the pid that others are told. */
#include "host/lock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"

enum { PROCESSES = 4, ROUNDS = 5000, BUDGET_MS = 4000 };

/* Whether another open of the lock (as another process has) is refused. */
static bool
is_held(const char *state, const char *file, int *holder)
{
    struct locks *other = locks_new();
    bool got = locks_take(other, state, file, holder);
    locks_free(other);
    return !got;
}

/* ---- the race ------------------------------------------------------------ */

/* A flag that only one may hold tells whether two have the lock. */
static bool
flag_is_ours(const char *flag)
{
    int fd = open(flag, O_CREAT | O_EXCL | O_WRONLY, 0600);
    if (fd < 0)
        return false;
    close(fd);
    unlink(flag);
    return true;
}

/* 0: never two holders; 1: two; 2: never got it. */
static int
race(const char *state, const char *flag)
{
    int holder, got = 0;
    bool two = false;
    long long end = now_ms() + BUDGET_MS;
    for (int i = 0; i < ROUNDS && !two && now_ms() < end; i++) {
        struct locks *locks = locks_new();
        if (locks_take(locks, state, "/x/chat.md", &holder)) {
            got++;
            two = !flag_is_ours(flag);
        }
        locks_free(locks);
    }
    return two ? 1 : got > 0 ? 0 : 2;
}

Test(lock, one_of_four_processes_has_it, .timeout = 30)
{
    char *dir = tmpdir_new(), *flag = temp_path(dir, "flag");
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        cr_assert(pids[i] >= 0);
        if (pids[i] == 0)
            _exit(race(dir, flag));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(pids[i], &status, 0);
        cr_expect_eq(status, 0, "process %d: %d", i, WEXITSTATUS(status));
    }
    cr_expect_eq(tmpdir_count(tmpdir_path(dir, "locks"), ".lock"), 0);
    free(flag);
    tmpdir_free(dir);
}

/* A file that was removed after it was opened is no lock. Here the owner is
 * between the two, for ever. */
Test(lock, a_killed_owner_leaves_it_free, .timeout = 10)
{
    char *dir = tmpdir_new();
    int ready[2], holder;
    cr_assert_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct locks *locks = locks_new();
        bool got = locks_take(locks, dir, "/x/chat.md", &holder);
        if (write(ready[1], got ? "1" : "0", 1) == 1)
            pause();
        _exit(0);
    }
    char got = '0';
    cr_assert_eq(read(ready[0], &got, 1), 1);
    cr_expect_eq(got, '1');
    cr_expect(is_held(dir, "/x/chat.md", &holder));
    cr_expect_eq(holder, pid);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cr_expect(!is_held(dir, "/x/chat.md", &holder));
    close(ready[0]);
    close(ready[1]);
    tmpdir_free(dir);
}

/* ---- names --------------------------------------------------------------- */

static const struct {
    const char *name, *taken, *asked;
    bool held;
} names[] = {
    {"the same", "real/a.md", "real/a.md", true},
    {"another", "real/a.md", "real/b.md", false},
    {"through a directory's link", "real/a.md", "linked/a.md", true},
    {"the other way", "linked/a.md", "real/a.md", true},
    {"dots", "real/../linked/./a.md", "real/a.md", true},
    {"a link to the file", "real/a.md", "real/link.md", true},
    {"no directory", "none/a.md", "none/a.md", true},
    {"no directory, another", "none/a.md", "none/b.md", false},
};

static void
make_tree(const char *dir)
{
    char *link = temp_path(dir, "real/link.md");
    cr_assert_eq(mkdir(tmpdir_path(dir, "real"), 0700), 0);
    cr_assert_eq(symlink("real", tmpdir_path(dir, "linked")), 0);
    cr_assert_eq(symlink("a.md", link), 0);
    free(link);
}

/* Taken before the file is there or after, dropped under the other name. */
static void
check_names(const char *dir, size_t i, bool exists)
{
    const char *name = names[i].name;
    char *taken = temp_path(dir, names[i].taken);
    char *asked = temp_path(dir, names[i].asked);
    char *file = temp_path(dir, "real/a.md");
    struct locks *locks = locks_new();
    int holder = -1;
    if (exists)
        temp_write(file, "x", 1);
    cr_expect(locks_take(locks, dir, taken, &holder), "%s", name);
    temp_write(file, "x", 1);
    cr_expect(locks_take(locks, dir, taken, &holder), "%s: again", name);
    cr_expect_eq(tmpdir_count(tmpdir_path(dir, "locks"), ".lock"), 1, "%s",
                 name);
    cr_expect_eq(is_held(dir, asked, &holder), names[i].held, "%s", name);
    cr_expect_eq(holder, names[i].held ? getpid() : 0, "%s", name);
    locks_drop(locks, asked);
    cr_expect_eq(is_held(dir, taken, &holder), !names[i].held, "%s", name);
    locks_free(locks);
    cr_expect(!is_held(dir, taken, &holder), "%s: freed", name);
    unlink(file);
    free(taken);
    free(asked);
    free(file);
}

Test(lock, one_lock_under_any_name, .timeout = 10)
{
    char *dir = tmpdir_new();
    make_tree(dir);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_names(dir, i, false);
        check_names(dir, i, true);
    }
    cr_expect_eq(tmpdir_count(tmpdir_path(dir, "locks"), ".lock"), 0);
    tmpdir_free(dir);
}

/* ---- the rest ------------------------------------------------------------ */

Test(lock, pid_and_all_at_once, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct locks *locks = locks_new();
    int holder;
    locks_set_pid(locks, 4711);
    cr_expect(locks_take(locks, dir, "/x/a.md", &holder));
    cr_expect(locks_take(locks, dir, "/x/b.md", &holder));
    cr_expect(is_held(dir, "/x/a.md", &holder));
    cr_expect_eq(holder, 4711);
    locks_drop_all(locks);
    cr_expect(!is_held(dir, "/x/a.md", &holder));
    cr_expect(!is_held(dir, "/x/b.md", &holder));
    cr_expect(locks_take(locks, dir, "/x/a.md", &holder), "taken anew");
    cr_expect(is_held(dir, "/x/a.md", &holder));
    locks_free(locks);
    locks_free(NULL);
    tmpdir_free(dir);
}

/* Where locks cannot be kept everybody gets one. */
Test(lock, no_place_for_it, .timeout = 10)
{
    static const char *const places[] = {NULL, "/dev/null", "/proc/none"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct locks *locks = locks_new();
        int holder = -1;
        cr_expect(locks_take(locks, places[i], "/x/a.md", &holder));
        cr_expect_eq(holder, 0);
        cr_expect(!is_held(places[i], "/x/a.md", &holder));
        locks_drop(locks, "/x/a.md");
        locks_free(locks);
    }
}
