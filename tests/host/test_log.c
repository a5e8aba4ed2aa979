/* The log: its lines, its files, and that no secret gets into it. */
#include "host/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "base/buf.h"
#include "base/utf8.h"
#include "host/file.h"

/* Contents of path; borrowed until the next. */
static struct dc_str
get(const char *path)
{
    static struct buf b;
    buf_finish(&b);
    buf_init(&b, 8 << 20);
    file_read(path, &b, NULL);
    return buf_str(&b);
}

/* The text of the only line in path: what stands after time, pid, level. */
static struct dc_str
line_text(const char *path)
{
    struct dc_str s = get(path);
    for (int i = 0; i < 3; i++) {
        size_t at = str_find(s, ' ');
        cr_assert(at < s.len);
        s.ptr += at + 1;
        s.len -= at + 1;
    }
    cr_assert(s.len > 0 && s.ptr[s.len - 1] == '\n');
    s.len--;
    return s;
}

Test(log, lines, .timeout = 10)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"", ""},
        {"a\nb\r\tc", "a\\nb\\x0d\\tc"},
        {"\x1b[31mred\x07\x7f", "\\x1b[31mred\\x07\\x7f"},
        {"na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80",
         "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"c1 \xc2\x9b \xc2\xa0", "c1 \\u009b \xc2\xa0"},
        {"bidi \xe2\x80\xae", "bidi \\u202e"},
        {"bad \xff \xc3", "bad \\xff \\xc3"},
        {"long \xed\xa0\x80", "long \\xed\\xa0\\x80"},
        {"100% %s %n", "100% %s %n"},
    };
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "deep/er/log");
    umask(0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert(log_open(path, LOG_INFO));
        errno = ERANGE;
        log_line(LOG_WARN, "%s", cases[i].text);
        cr_expect_eq(errno, ERANGE, "errno is left alone");
        log_close();
        struct dc_str text = line_text(path);
        cr_expect(str_is(text, cases[i].shown), "%.*s", (int)text.len,
                  text.ptr);
        cr_expect(utf8_clean(text));
        struct stat st;
        cr_expect(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
        unlink(path);
    }
    tmpdir_free(dir);
}

Test(log, head_and_levels, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "log");
    log_line(LOG_ERROR, "before it is open");
    cr_assert(log_open(path, LOG_INFO));
    log_line(LOG_DEBUG, "too much");
    cr_expect_eq(get(path).len, 0);
    log_line(LOG_INFO, "number %d", 7);
    log_line(LOG_ERROR, "bad");
    log_close();
    log_line(LOG_ERROR, "after it is closed");
    int y, mo, d, h, mi, s, ms, n = 0;
    long pid = 0;
    struct dc_str all = get(path);
    cr_assert(all.len > 0);
    int got =
        sscanf(all.ptr, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ %ld info number 7\n%n",
               &y, &mo, &d, &h, &mi, &s, &ms, &pid, &n);
    cr_expect(got == 8 && n > 0 && pid == (long)getpid(), "%s", all.ptr);
    cr_expect(strstr(all.ptr + n, " error bad\n"), "%s", all.ptr);
    cr_expect(!strstr(all.ptr, "it is"));
    tmpdir_free(dir);
}

Test(log, what_cannot_be_opened, .timeout = 10)
{
    char *dir = tmpdir_new();
    cr_assert(symlink("elsewhere", tmpdir_path(dir, "link")) == 0);
    cr_assert(mkfifo(tmpdir_path(dir, "fifo"), 0600) == 0);
    cr_assert(mkdir(tmpdir_path(dir, "dir"), 0700) == 0);
    static const char *const bad[] = {"link", "fifo", "dir", "link/log"};
    for (size_t i = 0; i < 4; i++) {
        cr_expect(!log_open(tmpdir_path(dir, bad[i]), LOG_DEBUG), "%s", bad[i]);
        log_line(LOG_ERROR, "nowhere");
    }
    const char *lax = tmpdir_path(dir, "lax");
    close(open(lax, O_WRONLY | O_CREAT, 0600));
    chmod(lax, 0644);
    cr_expect(log_open(lax, LOG_DEBUG));
    struct stat st;
    cr_expect(stat(lax, &st) == 0 && (st.st_mode & 0777) == 0600);
    log_close();
    tmpdir_free(dir);
}

static size_t
size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

Test(log, rotation, .timeout = 30)
{
    enum { MB = 1 << 20 };
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "log");
    static char text[1000];
    memset(text, 'x', sizeof text - 1);
    cr_assert(log_open(path, LOG_INFO));
    for (int i = 0; i < 6000; i++)
        log_line(LOG_INFO, "%06d %s", i, text);
    log_close();
    cr_expect_eq(tmpdir_count(dir, ""), 4);
    static const char *const names[] = {"log", "log.1", "log.2", "log.3"};
    for (size_t i = 0; i < 4; i++) {
        size_t size = size_of(tmpdir_path(dir, names[i]));
        cr_expect(size > 0 && size <= MB, "%s: %zu", names[i], size);
        cr_expect(i == 0 || size > MB - 1100, "%s: %zu", names[i], size);
    }
    struct dc_str newest = get(path);
    cr_expect(strstr(newest.ptr, "005999 x"), "the last line");
    tmpdir_free(dir);
}

/* At the size and one past it. */
Test(log, rotates_only_when_it_must, .timeout = 10)
{
    for (size_t spare = 0; spare < 2; spare++) {
        char *dir = tmpdir_new();
        const char *path = tmpdir_path(dir, "log");
        cr_assert(log_open(path, LOG_INFO));
        log_line(LOG_INFO, "x");
        size_t line = size_of(path);
        cr_assert(truncate(path, (off_t)((1 << 20) - line + spare)) == 0);
        log_line(LOG_INFO, "x");
        log_close();
        cr_expect_eq(tmpdir_count(dir, ""), 1 + spare);
        cr_expect_eq(size_of(path), spare == 0 ? 1 << 20 : line);
        tmpdir_free(dir);
    }
}

Test(log, another_host_rotates_it, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "log");
    cr_assert(log_open(path, LOG_INFO));
    log_line(LOG_INFO, "one");
    cr_assert(rename(path, tmpdir_path(dir, "log.1")) == 0);
    close(open(path, O_WRONLY | O_CREAT, 0600));
    log_line(LOG_INFO, "two");
    cr_expect(str_is(line_text(path), "two"));
    cr_assert(unlink(path) == 0);
    log_line(LOG_INFO, "three");
    cr_expect(str_is(line_text(path), "three"));
    cr_assert(unlink(path) == 0 && mkdir(path, 0700) == 0);
    errno = ERANGE;
    log_line(LOG_INFO, "nowhere");
    cr_expect_eq(errno, ERANGE, "a failure is nobody's business");
    log_close();
    tmpdir_free(dir);
}

Test(log, long_texts_are_cut, .timeout = 10)
{
    enum { MAX = 64 << 10 };
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "log");
    static char text[MAX + 8];
    for (size_t extra = 0; extra < 4; extra++) {
        memset(text, 'x', MAX - 1);
        snprintf(text + MAX - 1, 9, "%s", extra == 3 ? "\xc3\xa9" : "yyyy");
        text[MAX - 1 + (extra == 3 ? 2 : extra)] = '\0';
        cr_assert(log_open(path, LOG_INFO));
        log_line(LOG_INFO, "%s", text);
        log_close();
        size_t want = extra == 0 || extra == 3 ? MAX - 1 : MAX;
        cr_expect_eq(line_text(path).len, want, "%zu", extra);
        unlink(path);
    }
    tmpdir_free(dir);
}

Test(log, secrets_never_come_out, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "log");
    static char lots[70000], big[3000], text[256];
    cr_assert(log_open(path, LOG_DEBUG));
    log_redact(text);
    log_secret("");
    log_secret("canary-0123456789");
    log_secret("canary-0123456789");
    log_line(LOG_INFO, "a %s b %s c", "canary-0123456789", "canary-0123456789");
    cr_expect(str_is(line_text(path), "a *** b *** c"));
    /* one that the cut would have split */
    memset(lots, 'x', 65536 - 9);
    snprintf(lots + 65536 - 9, 64, "canary-0123456789");
    log_line(LOG_INFO, "%s", lots);
    cr_expect(!strstr(get(path).ptr, "canary"));
    /* longer than one place in the table */
    for (size_t i = 0; i < sizeof big - 1; i++)
        big[i] = (char)('A' + i * i % 23);
    log_secret(big);
    log_line(LOG_INFO, "<%s>", big);
    cr_expect(!strstr(get(path).ptr, "ABEJQCN"));
    cr_expect(strstr(get(path).ptr, "***>"));
    log_close();
    tmpdir_free(dir);
}

/* No two of them have a piece in common. */
static void
make_secret(char *text, size_t size, int i)
{
    int c = 'a' + i;
    snprintf(text, size, "%c%02d%c%02d%c%02d%c%02d", c, i, c, i, c, i, c, i);
}

Test(log, sixteen_secrets, .timeout = 10)
{
    char text[64];
    for (int i = 0; i < 17; i++) {
        make_secret(text, sizeof text, i);
        log_secret(text);
    }
    for (int i = 1; i < 17; i++) {
        make_secret(text, sizeof text, i);
        log_redact(text);
        cr_expect_str_eq(text, "***", "secret %d", i);
    }
}
