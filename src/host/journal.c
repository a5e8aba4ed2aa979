/*
 * Writing journals. A record goes out in one write() from a buffer that is
 * kept, so appending allocates nothing once a reply has begun. Reading them
 * back is recover.c, the bytes are record.c.
 */
#include "host/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/record.h"
#include "host/sync.h"

enum { NAME_TRIES = 10 };

struct journal {
    char *path;
    int fd;
    struct sync *sync;

    struct buf out; /* the record being written */
    size_t size;    /* of the file */

    struct dc_error error; /* why it failed; code is DC_OK before */
};

/* ---- making the file ---- */

/* Microseconds since 1970 that never go back while we run, whatever is done
 * to the clock: file names sort by them. */
static int64_t
stamp(void)
{
    static int64_t last;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    int64_t now = (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
    last = now > last ? now : last + 1;
    return last;
}

/* "dir/20261122T143105.123456-0004711-000001.journal": time, process, count.
 * Owned (free). */
static char *
new_path(const char *dir, int64_t us)
{
    static unsigned count;
    time_t seconds = (time_t)(us / 1000000);
    struct tm tm;
    char day[32], name[96];
    gmtime_r(&seconds, &tm);
    strftime(day, sizeof day, "%Y%m%dT%H%M%S", &tm);
    snprintf(name, sizeof name, "%s.%06" PRId64 "-%07ld-%06u.journal", day,
             us % 1000000, (long)getpid(), ++count);
    return file_join(dir, name);
}

/* A reader may have locked the file for a moment between our open and our
 * lock; then the next name is taken. */
static bool
create(struct journal *j, const char *dir, int64_t us, struct dc_error *err)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        free(j->path);
        j->path = new_path(dir, us);
        j->fd = file_create(j->path, err);
        if (j->fd < 0)
            return false;
        if (file_lock(j->fd, false) != FILE_LOCK_HELD)
            return true;
        unlink(j->path);
        close(j->fd);
        j->fd = -1;
    }
    return fail(err, DC_E_SYSTEM, "%s: is locked", j->path);
}

/* The name of the file must be on disk, too. */
static void
sync_name(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    struct sync *s = sync_new(fd);
    close(fd);
    sync_dirty(s, true);
    sync_free(s);
}

static bool
make_dir(const char *dir, struct dc_error *err)
{
    if (!file_mkdir(dir, err))
        return false;
    if (chmod(dir, 0700) != 0)
        return fail(err, DC_E_SYSTEM, "%s: %s", dir, strerror(errno));
    return true;
}

/* ---- records ---- */

static bool
give_up(struct journal *j, struct dc_error *err)
{
    buf_reset(&j->out);
    if (err != NULL)
        *err = j->error;
    return false;
}

/* Write what stands in out; added tells whether it all went in. */
static bool
write_out(struct journal *j, bool added, bool soon, struct dc_error *err)
{
    int lost = sync_error(j->sync);
    if (j->error.code != DC_OK)
        return give_up(j, err);
    if (!added || j->out.len > RECORD_FILE_MAX - j->size)
        fail(&j->error, DC_E_TOO_BIG, "%s: is over %zu bytes", j->path,
             RECORD_FILE_MAX);
    else if (lost != 0)
        fail(&j->error, DC_E_SYSTEM, "%s: %s", j->path, strerror(lost));
    else if (!file_write_all(j->fd, buf_str(&j->out)))
        fail(&j->error, DC_E_SYSTEM, "%s: %s", j->path, strerror(errno));
    if (j->error.code != DC_OK)
        return give_up(j, err);
    j->size += j->out.len;
    buf_reset(&j->out);
    sync_dirty(j->sync, soon);
    return true;
}

static bool
append(struct journal *j, char kind, struct dc_str payload,
       struct dc_error *err)
{
    if (payload.len == 0)
        return j->error.code == DC_OK || give_up(j, err);
    return write_out(j, record_add(&j->out, kind, payload), false, err);
}

/* Append a record made of fields: pairs of key and value, ended by NULL. */
static bool
add_fields(struct buf *out, char kind, const char *const *pairs)
{
    struct buf fields;
    buf_init(&fields, RECORD_FILE_MAX);
    bool ok = true;
    for (; *pairs != NULL; pairs += 2)
        ok = record_add_field(&fields, pairs[0], pairs[1]) && ok;
    ok = ok && record_add(out, kind, buf_str(&fields));
    buf_finish(&fields);
    return ok;
}

static bool
write_head(struct journal *j, const struct journal_head *head, int64_t us,
           struct dc_error *err)
{
    char started[32];
    snprintf(started, sizeof started, "%" PRId64, us / 1000000);
    const char *const pairs[] = {"started",  started,     "chat",
                                 head->chat, "project",   head->project,
                                 "model",    head->model, NULL};
    bool added = buf_add_text(&j->out, RECORD_MAGIC) &&
                 add_fields(&j->out, 'm', pairs) &&
                 record_add(&j->out, 'u', head->user);
    return write_out(j, added, true, err);
}

struct journal *
journal_new(const char *dir, const struct journal_head *head,
            struct dc_error *err)
{
    if (!make_dir(dir, err))
        return NULL;
    struct journal *j = mem_alloc(sizeof *j);
    int64_t us = stamp();
    j->fd = -1;
    buf_init(&j->out, RECORD_FILE_MAX);
    if (create(j, dir, us, err)) {
        j->sync = sync_new(j->fd);
        if (write_head(j, head, us, err)) {
            sync_name(dir);
            return j;
        }
    }
    journal_remove(j);
    return NULL;
}

bool
journal_text(struct journal *j, struct dc_str text, struct dc_error *err)
{
    return append(j, 't', text, err);
}

bool
journal_reasoning(struct journal *j, struct dc_str text, struct dc_error *err)
{
    return append(j, 'r', text, err);
}

/* soon: it matters as much as the end of a reply. */
static bool
append_choice(struct journal *j, unsigned choice, char kind,
              struct dc_str payload, bool soon, struct dc_error *err)
{
    struct buf all;
    buf_init(&all, RECORD_FILE_MAX);
    bool ok = buf_addf(&all, "%u %c ", choice, kind) &&
              buf_add_str(&all, payload) &&
              record_add(&j->out, 'c', buf_str(&all));
    buf_finish(&all);
    return write_out(j, ok, soon, err);
}

bool
journal_choice(struct journal *j, unsigned choice, enum dc_delta_kind kind,
               struct dc_str text, struct dc_error *err)
{
    char record = kind == DC_DELTA_TEXT ? 't' : 'r';
    return append_choice(j, choice, record, text, false, err);
}

bool
journal_choice_end(struct journal *j, unsigned choice, const char *pairs,
                   struct dc_error *err)
{
    struct buf fields;
    buf_init(&fields, RECORD_FILE_MAX);
    record_add_field(&fields, "pairs", pairs);
    bool ok = append_choice(j, choice, 'e', buf_str(&fields), true, err);
    buf_finish(&fields);
    return ok;
}

bool
journal_anew(struct journal *j, struct dc_error *err)
{
    struct dc_str nothing = {"", 0};
    return write_out(j, record_add(&j->out, 'a', nothing), false, err);
}

static bool
add_meta(struct journal *j, const char *key, const char *value,
         struct dc_error *err)
{
    const char *const pairs[] = {key, value, NULL};
    return write_out(j, add_fields(&j->out, 'm', pairs), false, err);
}

bool
journal_chat(struct journal *j, const char *path, struct dc_error *err)
{
    return add_meta(j, "chat", path, err);
}

bool
journal_detached(struct journal *j, struct dc_error *err)
{
    return add_meta(j, "detached", "1", err);
}

bool
journal_lost(struct journal *j, const char *why, struct dc_error *err)
{
    return add_meta(j, "lost", why, err);
}

bool
journal_end(struct journal *j, const char *finish, const char *pairs,
            struct dc_error *err)
{
    const char *const fields[] = {"finish", finish, "pairs", pairs, NULL};
    return write_out(j, add_fields(&j->out, 'e', fields), true, err);
}

/* ---- the end ---- */

const char *
journal_path(const struct journal *j)
{
    return j->path;
}

void
journal_close(struct journal *j)
{
    if (j == NULL)
        return;
    sync_free(j->sync);
    if (j->fd >= 0) {
        /* the helper thread may still hold a duplicate, and with it the lock */
        flock(j->fd, LOCK_UN);
        close(j->fd);
    }
    buf_finish(&j->out);
    free(j->path);
    free(j);
}

void
journal_remove(struct journal *j)
{
    if (j != NULL && j->fd >= 0)
        unlink(j->path);
    journal_close(j);
}

void
journal_flush(int ms)
{
    sync_flush(ms);
}
