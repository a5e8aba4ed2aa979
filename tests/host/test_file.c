/* Shared file helpers: modes, planted links, short writes, and a replacement
 * that a kill at any moment leaves old or new. */
#include "host/file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "host/loop.h"

static mode_t
mode_of(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 ? st.st_mode & 07777 : 07777;
}

static void
put(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0);
    cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    fchmod(fd, mode);
    close(fd);
}

/* Contents of path, "?" if it cannot be read; borrowed until the next. */
static const char *
get(const char *path)
{
    static struct buf b;
    buf_finish(&b);
    buf_init(&b, 1 << 20);
    if (!file_read(path, &b, NULL))
        return "?";
    return b.ptr != NULL ? b.ptr : "";
}

Test(file, mkdir, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct dc_error err;
    static const mode_t masks[] = {0, 022, 077};
    for (size_t i = 0; i < 3; i++) {
        umask(masks[i]);
        char name[32];
        snprintf(name, sizeof name, "m%zu/b/c", i);
        const char *deep = tmpdir_path(dir, name);
        cr_expect(file_mkdir(deep, &err), "%s", err.text);
        cr_expect(file_mkdir(deep, NULL), "a second time");
        cr_expect_eq(mode_of(deep), 0700);
        *strrchr(name, '/') = '\0';
        cr_expect_eq(mode_of(tmpdir_path(dir, name)), 0700);
    }
    put(tmpdir_path(dir, "f"), "x", 0600);
    cr_expect(!file_mkdir(tmpdir_path(dir, "f"), &err));
    cr_expect_eq(err.code, DC_E_SYSTEM);
    cr_expect(strstr(err.text, "not a directory"), "%s", err.text);
    cr_expect(!file_mkdir(tmpdir_path(dir, "f/below"), &err));
    cr_expect(!file_mkdir("", &err));
    cr_expect(!file_mkdir("/proc/no", &err));
    mkdir(tmpdir_path(dir, "keep"), 0700);
    chmod(tmpdir_path(dir, "keep"), 0755);
    cr_expect(file_mkdir(tmpdir_path(dir, "keep/"), NULL));
    cr_expect_eq(mode_of(tmpdir_path(dir, "keep")), 0755);
    if (geteuid() == 0) {
        cr_assert(chown(tmpdir_path(dir, "keep"), 12345, 12345) == 0);
        cr_expect(!file_mkdir(tmpdir_path(dir, "keep"), &err));
        cr_expect(strstr(err.text, "another user"), "%s", err.text);
    }
    tmpdir_free(dir);
}

Test(file, create_takes_nothing_that_is_there, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct dc_error err;
    umask(0);
    const char *path = tmpdir_path(dir, "new");
    int fd = file_create(path, &err);
    cr_assert(fd >= 0);
    cr_expect_eq(mode_of(path), 0600);
    cr_expect(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    cr_expect(fcntl(fd, F_GETFL) & O_APPEND);
    cr_expect(file_is_ours(fd));
    cr_expect(file_sync(fd));
    unlink(path);
    cr_expect(!file_is_ours(fd), "a file without a name");
    close(fd);
    put(tmpdir_path(dir, "old"), "x", 0600);
    cr_assert(symlink("nowhere", tmpdir_path(dir, "link")) == 0);
    cr_assert(mkfifo(tmpdir_path(dir, "fifo"), 0600) == 0);
    static const char *const there[] = {"old", "link", "fifo", "no/dir"};
    for (size_t i = 0; i < 4; i++) {
        err.code = DC_OK;
        cr_expect_eq(file_create(tmpdir_path(dir, there[i]), &err), -1);
        cr_expect_eq(err.code, DC_E_SYSTEM, "%s", there[i]);
        cr_expect(strstr(err.text, there[i]), "%s", err.text);
    }
    cr_expect_str_eq(get(tmpdir_path(dir, "old")), "x");
    cr_expect_str_eq(get(tmpdir_path(dir, "nowhere")), "?");
    fd = open("/dev/null", O_RDONLY);
    cr_expect(!file_is_ours(fd));
    close(fd);
    tmpdir_free(dir);
}

Test(file, read_has_a_ceiling, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "f");
    struct dc_error err;
    put(path, "0123456789", 0600);
    static const struct {
        size_t limit;
        bool ok;
    } cases[] = {{11, true}, {10, true}, {9, false}, {0, false}};
    for (size_t i = 0; i < 4; i++) {
        struct buf b;
        buf_init(&b, cases[i].limit);
        err.code = DC_OK;
        cr_expect_eq(file_read(path, &b, &err), cases[i].ok);
        cr_expect_eq(err.code, cases[i].ok ? DC_OK : DC_E_TOO_BIG);
        buf_finish(&b);
    }
    cr_assert(mkfifo(tmpdir_path(dir, "fifo"), 0600) == 0);
    static const char *const odd[] = {"fifo", "none", ".", "f/x"};
    for (size_t i = 0; i < 4; i++) {
        struct buf b;
        buf_init(&b, 100);
        cr_expect(!file_read(tmpdir_path(dir, odd[i]), &b, &err), "%s", odd[i]);
        cr_expect_eq(err.code, DC_E_SYSTEM);
        buf_finish(&b);
    }
    put(path, "", 0600);
    cr_expect_str_eq(get(path), "");
    tmpdir_free(dir);
}

Test(file, locks, .timeout = 10)
{
    char *dir = tmpdir_new();
    int a = file_create(tmpdir_path(dir, "f"), NULL);
    int b = open(tmpdir_path(dir, "f"), O_RDONLY);
    int c = open(tmpdir_path(dir, "f"), O_RDONLY);
    cr_expect_eq(file_lock(a, false), FILE_LOCK_GOT);
    cr_expect_eq(file_lock(b, true), FILE_LOCK_HELD);
    close(a);
    cr_expect_eq(file_lock(b, true), FILE_LOCK_GOT);
    cr_expect_eq(file_lock(c, true), FILE_LOCK_GOT);
    cr_expect_eq(file_lock(c, false), FILE_LOCK_HELD);
    close(b);
    close(c);
    cr_expect_eq(file_lock(-1, true), FILE_LOCK_NONE);
    tmpdir_free(dir);
}

Test(file, replace, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct dc_error err;
    umask(0);
    const char *path = tmpdir_path(dir, "f"), *link = tmpdir_path(dir, "l");
    cr_expect(file_replace(path, str_of("one"), &err), "%s", err.text);
    cr_expect_str_eq(get(path), "one");
    cr_expect_eq(mode_of(path), 0600);
    chmod(path, 0644);
    cr_assert(symlink(path, link) == 0);
    cr_expect(file_replace(link, str_of("two"), NULL));
    cr_expect_str_eq(get(path), "two");
    cr_expect_eq(mode_of(path), 0644);
    struct stat st;
    cr_expect(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
    cr_expect(file_replace(path, (struct dc_str){NULL, 0}, NULL));
    cr_expect_str_eq(get(path), "");
    cr_assert(chdir(dir) == 0);
    cr_expect(file_replace("plain", str_of("here"), NULL));
    cr_expect_str_eq(get(tmpdir_path(dir, "plain")), "here");
    cr_expect(!file_replace(tmpdir_path(dir, "no/f"), str_of("x"), &err));
    cr_expect_eq(err.code, DC_E_SYSTEM);
    cr_expect(!file_replace(dir, str_of("x"), NULL), "a directory");
    tmpdir_free(dir);
}

Test(file, a_failed_replacement_changes_nothing, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "f");
    struct dc_error err;
    static char large[8192];
    memset(large, 'x', sizeof large);
    put(path, "old", 0600);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small = {4096, 4096};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    bool ok = file_replace(path, (struct dc_str){large, sizeof large}, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    cr_expect(!ok);
    cr_expect(strstr(err.text, strerror(EFBIG)), "%s", err.text);
    cr_expect_str_eq(get(path), "old");
    cr_expect_eq(tmpdir_count(dir, ""), 1, "a temporary file is left");
    tmpdir_free(dir);
}

/* Shared with the reader: how often a write was interrupted. */
static atomic_int *alarms;

static void
on_alarm(int number)
{
    (void)number;
    atomic_fetch_add(alarms, 1);
}

static unsigned char
byte_at(unsigned i)
{
    return (unsigned char)(i * 7 + i / 256);
}

/* Read len bytes, the first of them only when the writer has been interrupted
 * at a full pipe. */
static void
check_bytes(int fd, unsigned len)
{
    static unsigned char bytes[1000];
    unsigned at = 0;
    ssize_t n;
    while (atomic_load(alarms) < 10)
        usleep(100);
    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < n; i++)
            if (bytes[i] != byte_at(at++))
                _exit(1);
    _exit(at == len ? 0 : 2);
}

/* A pipe takes a little at a time, and a timer interrupts every write. */
Test(file, write_all_goes_on, .timeout = 30)
{
    enum { SIZE = 1 << 20 };
    int ends[2];
    cr_assert(pipe(ends) == 0);
    alarms = mmap(NULL, sizeof *alarms, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(alarms != MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[1]);
        check_bytes(ends[0], SIZE);
    }
    close(ends[0]);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval every = {{0, 500}, {0, 500}};
    setitimer(ITIMER_REAL, &every, NULL);
    char *bytes = malloc(SIZE);
    for (unsigned i = 0; i < SIZE; i++)
        bytes[i] = (char)byte_at(i);
    cr_expect(file_write_all(ends[1], (struct dc_str){bytes, SIZE}));
    every = (struct itimerval){{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &every, NULL);
    free(bytes);
    close(ends[1]);
    int status = -1;
    waitpid(pid, &status, 0);
    cr_expect_eq(status, 0);
    int full = open("/dev/full", O_WRONLY);
    if (full >= 0) {
        cr_expect(!file_write_all(full, str_of("x")));
        cr_expect_eq(errno, ENOSPC);
        close(full);
    }
}

/* What the file holds that file_open_real() opens, or "!" and why not. Owned.
 */
static char *
real_text(const char *path)
{
    struct stat st = {0};
    struct buf out;
    buf_init(&out, 1000);
    errno = 1000;
    int fd = file_open_real(path, &st);
    if (fd >= 0) {
        cr_expect(S_ISREG(st.st_mode));
        cr_expect(file_read_fd(fd, &out));
        cr_expect_eq((size_t)st.st_size, out.len);
        close(fd);
    } else {
        buf_addf(&out, "!%s",
                 errno == ELOOP        ? "link"
                 : errno != 0          ? strerror(errno)
                 : S_ISDIR(st.st_mode) ? "dir"
                                       : "odd");
    }
    return buf_take(&out, NULL);
}

/* A path without links, and what has come into it since. */
static const struct {
    const char *title, *path, *moved, *link, *text;
} swaps[] = {
    {"as it was", "in/d/f", NULL, NULL, "inner"},
    {"a link at the end", "in/d/f", "in/d/f", "../../out/f", "!link"},
    {"to its like", "in/d/f", "in/d/f", "f.moved", "!link"},
    {"a link on the way", "in/d/f", "in/d", "../out", "!link"},
    {"early on the way", "in/d/f", "in", "out", "!link"},
    {"to nothing", "in/d/f", "in/d/f", "nothing", "!link"},
    {"gone", "in/d/f", "in/d/f", NULL, "!No such file or directory"},
    {"a file on the way", "out/f/f", NULL, NULL, "!link"},
    {"a directory", "in/d", NULL, NULL, "!dir"},
    {"a FIFO", "in/fifo", NULL, NULL, "!odd"},
};

Test(file, opened_without_links, .timeout = 30)
{
    for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
        char *made = tmpdir_new(), *dir = realpath(made, NULL);
        const char *moved = swaps[i].moved;
        cr_assert_eq(mkdir(tmpdir_path(dir, "in"), 0700), 0);
        cr_assert_eq(mkdir(tmpdir_path(dir, "in/d"), 0711), 0);
        cr_assert_eq(mkdir(tmpdir_path(dir, "out"), 0700), 0);
        cr_assert_eq(mkdir(tmpdir_path(dir, "out/d"), 0700), 0);
        cr_assert_eq(mkfifo(tmpdir_path(dir, "in/fifo"), 0600), 0);
        put(tmpdir_path(dir, "in/d/f"), "inner", 0600);
        put(tmpdir_path(dir, "out/f"), "outer", 0600);
        put(tmpdir_path(dir, "out/d/f"), "outer", 0600);
        if (moved != NULL) {
            char to[300];
            snprintf(to, sizeof to, "%s.moved", tmpdir_path(dir, moved));
            cr_assert_eq(rename(tmpdir_path(dir, moved), to), 0);
        }
        if (swaps[i].link != NULL)
            cr_assert_eq(symlink(swaps[i].link, tmpdir_path(dir, moved)), 0);
        char *text = real_text(tmpdir_path(dir, swaps[i].path));
        cr_expect_str_eq(text, swaps[i].text, "%s: %s", swaps[i].title, text);
        free(text);
        free(dir);
        tmpdir_free(made);
    }
    char *root = real_text("/");
    cr_expect_str_eq(root, "!dir");
    free(root);
}

/* Replace for ever, alternating between two contents of one length. */
static void
replace_for_ever(const char *path, size_t len)
{
    char *bytes = malloc(len);
    for (char c = 'a';; c = c == 'a' ? 'b' : 'a') {
        memset(bytes, c, len);
        if (!file_replace(path, (struct dc_str){bytes, len}, NULL))
            _exit(1);
    }
}

static bool
is_whole(const char *path, size_t len)
{
    struct buf b;
    buf_init(&b, len);
    bool ok = file_read(path, &b, NULL) && b.len == len;
    for (size_t i = 1; ok && i < len; i++)
        ok = b.ptr[i] == b.ptr[0];
    buf_finish(&b);
    return ok;
}

Test(file, killed_while_replacing, .timeout = 30)
{
    enum { LEN = 100000, ROUNDS = 40 };
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "f");
    unsigned seed = 20261122;
    char *first = malloc(LEN);
    memset(first, 'a', LEN);
    cr_assert(file_replace(path, (struct dc_str){first, LEN}, NULL));
    free(first);
    int64_t end = loop_now() + 3000;
    for (int i = 0; i < ROUNDS && loop_now() < end; i++) {
        pid_t pid = fork();
        if (pid == 0)
            replace_for_ever(path, LEN);
        seed = seed * 1103515245 + 12345;
        int64_t until = loop_now_us() + seed / 65536 % 20000;
        do
            cr_expect(is_whole(path, LEN), "while it runs, round %d", i);
        while (loop_now_us() < until);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        cr_expect(is_whole(path, LEN), "after the kill, round %d", i);
    }
    tmpdir_free(dir);
}
