/*
 * The log file. Several hosts may share it, so a line is one write() to the
 * end, and a file that another host has rotated away is opened anew.
 */
#include "host/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/file.h"

enum {
    LOG_FILE_MAX = 1 << 20,
    LOG_TEXT_MAX = 64 << 10, /* an error body fits */
    LOG_KEPT = 3,
};

static char *file;
static int log_fd = -1;
static enum log_level highest;

/* ---- the file ---- */

static bool
open_file(void)
{
    log_fd = open(file,
                  O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
                      O_CLOEXEC,
                  0600);
    if (log_fd < 0)
        return false;
    if (file_is_ours(log_fd) && fchmod(log_fd, 0600) == 0)
        return true;
    close(log_fd);
    log_fd = -1;
    return false;
}

static bool
make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return true;
    char *dir = mem_copy(path, (size_t)(slash - path));
    bool ok = file_mkdir(dir, NULL);
    free(dir);
    return ok;
}

bool
log_open(const char *path, enum log_level level)
{
    log_close();
    file = mem_str(path);
    highest = level;
    if (make_parent(path) && open_file())
        return true;
    log_close();
    return false;
}

void
log_close(void)
{
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
    free(file);
    file = NULL;
}

const char *
log_path(void)
{
    return file != NULL ? file : "";
}

/* "log" becomes "log.1", that "log.2", and so on; the last is lost. */
static void
rotate(void)
{
    struct buf from, to;
    buf_init(&from, SIZE_MAX / 2);
    buf_init(&to, SIZE_MAX / 2);
    for (int i = LOG_KEPT; i > 0; i--) {
        buf_reset(&from);
        buf_reset(&to);
        buf_add_text(&from, file);
        if (i > 1)
            buf_addf(&from, ".%d", i - 1);
        buf_addf(&to, "%s.%d", file, i);
        rename(from.ptr, to.ptr);
    }
    buf_finish(&from);
    buf_finish(&to);
}

/* Have the file open that a line of len bytes goes to. */
static bool
ready_file(size_t len)
{
    struct stat named, opened;
    bool same = log_fd >= 0 && stat(file, &named) == 0 &&
                fstat(log_fd, &opened) == 0 && named.st_ino == opened.st_ino &&
                named.st_dev == opened.st_dev;
    bool full = same && opened.st_size > 0 &&
                (size_t)opened.st_size + len > LOG_FILE_MAX;
    if (same && !full)
        return true;
    if (full)
        rotate();
    if (log_fd >= 0)
        close(log_fd);
    return open_file();
}

/* ---- the line ---- */

/* Characters that a terminal or a reader's eye could be tricked with. */
static bool
is_hidden(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||
           (point >= 0x200b && point <= 0x200f) ||
           (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x2069) || point == 0xfeff;
}

static uint32_t
point_of(const char *bytes, int len)
{
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t point = (unsigned char)bytes[0] & mask[len];
    for (int i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)bytes[i] & 0x3f);
    return point;
}

static void
add_escape(struct buf *line, uint32_t point)
{
    if (point == '\n')
        buf_add_text(line, "\\n");
    else if (point == '\t')
        buf_add_text(line, "\\t");
    else if (point < 0x80)
        buf_addf(line, "\\x%02x", (unsigned)point);
    else
        buf_addf(line, "\\u%04x", (unsigned)point);
}

static void
add_shown(struct buf *line, struct dc_str text)
{
    while (text.len > 0) {
        int len = utf8_len(text);
        size_t used = len > 0 ? (size_t)len : 1;
        uint32_t point = len > 0 ? point_of(text.ptr, len) : 0;
        if (len <= 0)
            buf_addf(line, "\\x%02x", (unsigned)(unsigned char)text.ptr[0]);
        else if (is_hidden(point))
            add_escape(line, point);
        else
            buf_add(line, text.ptr, used);
        text.ptr += used;
        text.len -= used;
    }
}

static void
add_stamp(struct buf *line, enum log_level level)
{
    static const char *const names[] = {"error", "warn", "info", "debug"};
    struct timespec ts;
    struct tm tm;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_addf(line, "%s.%03ldZ %ld %s ", text, ts.tv_nsec / 1000000,
             (long)getpid(), names[level]);
}

/* The text with its secrets cut out; owned (free). They are looked for before
 * it is shortened, as half of one would not be found. */
__attribute__((format(printf, 1, 0))) static char *
print_text(const char *format, va_list args)
{
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    if (len < 0)
        return mem_str(format);
    log_redact(text);
    size_t size = strlen(text);
    if (size > LOG_TEXT_MAX)
        text[utf8_fit((struct dc_str){text, size}, LOG_TEXT_MAX)] = '\0';
    return text;
}

void
log_line(enum log_level level, const char *format, ...)
{
    if (file == NULL || level > highest)
        return;
    int saved = errno;
    struct buf line;
    va_list args;
    va_start(args, format);
    char *text = print_text(format, args);
    va_end(args);
    buf_init(&line, SIZE_MAX / 2);
    add_stamp(&line, level);
    add_shown(&line, str_of(text));
    buf_add_byte(&line, '\n');
    /* there is nobody to tell that the log cannot be written */
    if (ready_file(line.len))
        (void)file_write_all(log_fd, buf_str(&line));
    buf_finish(&line);
    free(text);
    errno = saved;
}
