/*
 * Writers share the lock of the file and append; who makes it shorter has the
 * lock alone and puts another file in its place. So a writer that has got the
 * lock looks whether its file still bears the name, and one that does not get
 * it keeps its lines until it does: the editor never waits for another one.
 */
#include "host/usage.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/log.h"
#include "host/usage_line.h"
#include "host/usage_state.h"

enum {
    TRIES = 20,    /* the file was replaced meanwhile */
    LATER_MS = 50, /* until the next try, and twice that until the next */
    LATEST_MS = 10000,
    LAST_TRIES = 10, /* when the host ends: for as long as may be */
    LAST_MS = 5,
    UNNAMED_MAX = 1000,
};
/* What is read of a file that somebody else has made long. */
#define READ_MAX ((size_t)8 << 20)
/* Lines that wait. */
#define WAITING_MAX ((size_t)256 << 10)

/* For one state directory. */
struct waiting {
    char *dir;
    struct buf lines;
    struct waiting *next;
};

struct usage *
usage_new(struct loop *lp, struct catalog *catalog)
{
    struct usage *u = mem_alloc(sizeof *u);
    u->lp = lp;
    u->later_ms = LATER_MS;
    u->catalog = catalog;
    u->run = ((uint64_t)time(NULL) << 24) ^ ((uint64_t)getpid() << 8) ^
             ((uint64_t)loop_now_us() & 0xff);
    return u;
}

struct catalog *
usage_catalog(const struct usage *u)
{
    return u != NULL ? u->catalog : NULL;
}

/* ---- the file ---- */

static char *
path_of(const char *dir)
{
    return file_join(dir, "usage");
}

/* -1 if it cannot be had now; *never: nor later. */
static int
open_locked(const char *path, bool alone, bool *never)
{
    *never = false;
    for (int i = 0; i < TRIES; i++) {
        int fd = open(
            path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        *never = fd < 0 || !file_is_ours(fd);
        enum file_lock got = *never ? FILE_LOCK_HELD : file_lock(fd, !alone);
        if (got != FILE_LOCK_HELD && file_bears_name(fd, path))
            return fd;
        if (fd >= 0)
            close(fd);
        if (got == FILE_LOCK_HELD)
            return -1;
    }
    return -1;
}

/* What was cut by a crash is kept apart from what follows. */
static bool
append(int fd, struct dc_str lines)
{
    struct stat st;
    char last = '\n';
    if (fstat(fd, &st) == 0 && st.st_size > 0 &&
        pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n' &&
        !file_write_all(fd, (struct dc_str){"\n", 1}))
        return false;
    return file_write_all(fd, lines);
}

static bool
read_end(int fd, struct buf *out)
{
    struct stat st;
    buf_init(out, READ_MAX + 1);
    if (fstat(fd, &st) != 0)
        return false;
    off_t skip =
        st.st_size > (off_t)READ_MAX ? st.st_size - (off_t)READ_MAX : 0;
    return lseek(fd, skip, SEEK_SET) >= 0 && file_read_fd(fd, out);
}

static void
make_shorter(const char *path)
{
    bool never;
    struct buf text;
    struct dc_error err;
    int fd = open_locked(path, true, &never);
    if (fd < 0)
        return;
    if (read_end(fd, &text) && text.len > USAGE_FILE_MAX) {
        size_t len;
        char *packed =
            usage_pack(buf_str(&text), time(NULL), USAGE_FILE_MAX / 2, &len);
        if (!file_replace(path, (struct dc_str){packed, len}, &err))
            log_line(LOG_WARN, "usage: %s", err.text);
        free(packed);
    }
    buf_finish(&text);
    close(fd);
}

static bool
is_long(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_size > (off_t)USAGE_FILE_MAX;
}

/* False if it is to be tried later. */
static bool
write_lines(const char *dir, struct dc_str lines)
{
    struct dc_error err = {.text = ""};
    bool never = !file_mkdir(dir, &err);
    char *path = path_of(dir);
    int fd = never ? -1 : open_locked(path, false, &never);
    bool written = fd >= 0 && append(fd, lines);
    bool shorten = fd >= 0 && is_long(fd);
    if (fd >= 0)
        close(fd);
    if (shorten)
        make_shorter(path);
    if (never || (fd >= 0 && !written))
        log_line(LOG_WARN, "usage is not written down: %s %s", path, err.text);
    free(path);
    return never || fd >= 0;
}

void
usage_read(const char *state_dir, struct buf *out)
{
    buf_init(out, READ_MAX + 1);
    if (state_dir == NULL)
        return;
    char *path = path_of(state_dir);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && file_is_ours(fd)) {
        buf_finish(out);
        read_end(fd, out);
    }
    if (fd >= 0)
        close(fd);
    free(path);
}

/* ---- lines ---- */

static void
waiting_free(struct waiting *w)
{
    buf_finish(&w->lines);
    free(w->dir);
    free(w);
}

static void
write_waiting(void *user)
{
    struct usage *u = user;
    u->timer = 0;
    for (struct waiting **at = &u->first, *w; (w = *at) != NULL;) {
        if (write_lines(w->dir, buf_str(&w->lines))) {
            *at = w->next;
            waiting_free(w);
        } else {
            at = &w->next;
        }
    }
    u->later_ms = u->first == NULL          ? LATER_MS
                  : u->later_ms < LATEST_MS ? u->later_ms * 2
                                            : LATEST_MS;
    if (u->first != NULL)
        u->timer = loop_timer(u->lp, u->later_ms, write_waiting, u);
}

static struct waiting *
waiting_of(struct usage *u, const char *dir)
{
    struct waiting **at = &u->first;
    while (*at != NULL && strcmp((*at)->dir, dir) != 0)
        at = &(*at)->next;
    if (*at == NULL) {
        *at = mem_alloc(sizeof **at);
        (*at)->dir = mem_str(dir);
        buf_init(&(*at)->lines, WAITING_MAX);
    }
    return *at;
}

static void
add_line(struct usage *u, const char *dir, const struct usage_line *line)
{
    if (dir == NULL)
        return;
    struct waiting *w = waiting_of(u, dir);
    size_t before = w->lines.len;
    usage_line_print(&w->lines, line);
    if (w->lines.full)
        buf_cut(&w->lines, before);
    loop_timer_stop(u->lp, u->timer);
    write_waiting(u);
}

void
usage_free(struct usage *u)
{
    if (u == NULL)
        return;
    for (int i = 0; u->first != NULL && i < LAST_TRIES; i++) {
        loop_timer_stop(u->lp, u->timer);
        write_waiting(u);
        if (u->first != NULL)
            usleep(LAST_MS * 1000);
    }
    loop_timer_stop(u->lp, u->timer);
    while (u->first != NULL) {
        struct waiting *w = u->first;
        u->first = w->next;
        log_line(LOG_WARN, "usage is not written down: %s", w->lines.ptr);
        waiting_free(w);
    }
    usage_learn_free(u);
    free(u->unnamed);
    free(u->said);
    free(u);
}

/* "2026-11-24" */
static void
print_day(char *out, size_t size)
{
    time_t now = time(NULL);
    struct tm tm;
    if (localtime_r(&now, &tm) == NULL ||
        strftime(out, size, "%Y-%m-%d", &tm) == 0)
        out[0] = '\0';
}

void
usage_add(struct usage *u, const char *state_dir,
          const struct usage_entry *entry)
{
    char day[16];
    print_day(day, sizeof day);
    char *model =
        usage_line_model(entry->model[0] != '\0' ? entry->model : "?");
    const struct dc_usage *n = &entry->usage;
    struct usage_line line = {
        .day = str_of(day),
        .model = str_of(model),
        .chat = str_of(entry->chat),
        .count = 1,
        .blank = n->tokens_in < 0 && n->tokens_out < 0,
        .in = n->tokens_in,
        .out = n->tokens_out,
        .cached = n->cached,
        .cost = n->cost,
        .est = n->cost < 0 ? entry->est : 0,
        .size = entry->size,
    };
    usage_learn(u, &line);
    add_line(u, state_dir, &line);
    free(model);
}

/* ---- chats ---- */

static void
forget(struct usage *u, size_t i)
{
    u->unnamed_count--;
    memmove(u->unnamed + i, u->unnamed + i + 1,
            (u->unnamed_count - i) * sizeof *u->unnamed);
}

static bool
is_unnamed(const struct usage *u, int64_t buf, size_t *at)
{
    *at = 0;
    while (*at < u->unnamed_count && u->unnamed[*at] != buf)
        *at += 1;
    return *at < u->unnamed_count;
}

void
usage_unnamed(struct usage *u, int64_t buf)
{
    size_t at;
    if (buf <= 0 || is_unnamed(u, buf, &at))
        return;
    if (u->unnamed_count == UNNAMED_MAX)
        forget(u, 0);
    u->unnamed =
        mem_resize(u->unnamed, u->unnamed_count + 1, sizeof *u->unnamed);
    u->unnamed[u->unnamed_count++] = buf;
}

static void
print_unnamed(const struct usage *u, int64_t buf, char out[USAGE_CHAT_MAX])
{
    snprintf(out, USAGE_CHAT_MAX, "%" PRIx64 ".%" PRId64, u->run, buf);
}

static void
print_named(const char *file, char out[USAGE_CHAT_MAX])
{
    char *name = file_canonical(file);
    snprintf(out, USAGE_CHAT_MAX, "%016" PRIx64, str_hash(str_of(name)));
    free(name);
}

void
usage_chat(const struct usage *u, const char *file, int64_t buf,
           char out[USAGE_CHAT_MAX])
{
    out[0] = '\0';
    if (file[0] != '\0')
        print_named(file, out);
    else if (buf > 0)
        print_unnamed(u, buf, out);
}

void
usage_named(struct usage *u, const char *state_dir, int64_t buf,
            const char *file)
{
    size_t at;
    char old[USAGE_CHAT_MAX], name[USAGE_CHAT_MAX];
    if (file[0] == '\0' || !is_unnamed(u, buf, &at))
        return;
    forget(u, at);
    print_unnamed(u, buf, old);
    print_named(file, name);
    struct usage_line line = {
        .kind = USAGE_NAMED, .chat = str_of(old), .name = str_of(name)};
    add_line(u, state_dir, &line);
}

void
usage_renamed(struct usage *u, const char *state_dir, const char *from,
              const char *to)
{
    char old[USAGE_CHAT_MAX], name[USAGE_CHAT_MAX];
    if (from[0] == '\0' || to[0] == '\0')
        return;
    print_named(from, old);
    print_named(to, name);
    struct usage_line line = {
        .kind = USAGE_RENAMED, .chat = str_of(old), .name = str_of(name)};
    if (strcmp(old, name) != 0)
        add_line(u, state_dir, &line);
}
