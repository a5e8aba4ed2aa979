/*
 * Reading journals back. The newest files are read first, so that a ceiling
 * leaves out the oldest; a file that a living process still writes is locked,
 * and only read.
 */
#include "host/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/record.h"
#include "host/recover_choice.h"

#define SUFFIX ".journal"

enum { ENTRIES_MAX = 1000, NAMES_MAX = 2 * ENTRIES_MAX };

/* An empty file older than this is not being made any more. */
enum { STALE_S = 60 };
/* Once the files read add up to more than this, older ones are left out. */
#define JOURNAL_BYTES_MAX ((size_t)256 << 20)

/* ---- names ---- */

struct names {
    char **items;
    size_t count;
};

/* Newest first: the names begin with the time. */
static int
compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Sort, and keep the first max. */
static void
trim_names(struct names *names, size_t max)
{
    if (names->count > 0)
        qsort(names->items, names->count, sizeof *names->items, compare_names);
    while (names->count > max)
        free(names->items[--names->count]);
}

static bool
is_journal(const char *name)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    return len > suffix && strcmp(name + len - suffix, SUFFIX) == 0;
}

/* The directory may hold any number of them. */
char **
journal_names(const char *dir, size_t *count)
{
    struct names names = {mem_alloc(NAMES_MAX * sizeof *names.items), 0};
    DIR *d = opendir(dir);
    struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        if (!is_journal(entry->d_name))
            continue;
        if (names.count == NAMES_MAX)
            trim_names(&names, ENTRIES_MAX);
        names.items[names.count++] = file_join(dir, entry->d_name);
    }
    if (d != NULL)
        closedir(d);
    trim_names(&names, ENTRIES_MAX);
    *count = names.count;
    return names.items;
}

void
journal_names_free(char **names, size_t count)
{
    for (size_t i = 0; names != NULL && i < count; i++)
        free(names[i]);
    free(names);
}

/* ---- one file ---- */

/* The process in the name is alive. Only asked where there are no locks. */
static bool
writer_lives(const char *path)
{
    const char *dash = strrchr(path, '/');
    dash = strchr(dash != NULL ? dash : path, '-');
    long pid = dash != NULL ? strtol(dash + 1, NULL, 10) : 0;
    return pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Open a journal, and hold off writers while it is open; *held: there is one
 * already. -1 if it is not ours to touch. */
static int
open_ours(const char *path, bool *held)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    enum file_lock lock = file_lock(fd, true);
    *held = lock == FILE_LOCK_HELD ||
            (lock == FILE_LOCK_NONE && writer_lives(path));
    if (file_is_ours(fd))
        return fd;
    close(fd);
    return -1;
}

static void
take_field(struct dc_str payload, const char *key, char **out)
{
    char *value = record_field(payload, key);
    if (value == NULL)
        return;
    free(*out);
    *out = value;
}

static void
take_meta(struct journal_entry *e, struct dc_str payload)
{
    take_field(payload, "chat", &e->chat);
    take_field(payload, "project", &e->project);
    take_field(payload, "model", &e->model);
    take_field(payload, "lost", &e->lost);
    char *detached = record_field(payload, "detached");
    e->detached = e->detached || detached != NULL;
    free(detached);
    char *started = record_field(payload, "started");
    if (started != NULL)
        e->started = strtoll(started, NULL, 10);
    free(started);
}

static void
take_end(struct journal_entry *e, struct dc_str payload)
{
    take_field(payload, "finish", &e->finish);
    take_field(payload, "pairs", &e->pairs);
}

/* Every record before the first that is damaged; r is the first of all. */
static void
take_records(struct journal_entry *e, struct record r, struct dc_str rest)
{
    struct buf user, text, reasoning;
    struct recover_choices choices = {.count = 0};
    buf_init(&user, RECORD_FILE_MAX);
    buf_init(&text, RECORD_FILE_MAX);
    buf_init(&reasoning, RECORD_FILE_MAX);
    do {
        if (r.kind == 'm')
            take_meta(e, r.payload);
        else if (r.kind == 'e')
            take_end(e, r.payload);
        else if (r.kind == 'u')
            buf_add_str(&user, r.payload);
        else if (r.kind == 't')
            buf_add_str(&text, r.payload);
        else if (r.kind == 'r')
            buf_add_str(&reasoning, r.payload);
        else if (r.kind == 'c')
            recover_choice_add(&choices, r.payload);
        else if (r.kind == 'a') {
            buf_reset(&text);
            buf_reset(&reasoning);
        }
    } while (record_next(&rest, &r));
    e->whole = rest.len == 0;
    e->user = buf_take_str(&user);
    e->text = buf_take_str(&text);
    e->reasoning = buf_take_str(&reasoning);
    recover_choices_take(&choices, e);
}

/* False if not even the head is whole. */
static bool
parse(struct journal_entry *e, struct dc_str file)
{
    struct record first;
    if (!str_starts(file, RECORD_MAGIC))
        return false;
    file.ptr += strlen(RECORD_MAGIC);
    file.len -= strlen(RECORD_MAGIC);
    if (!record_next(&file, &first) || first.kind != 'm')
        return false;
    char **texts[] = {&e->chat,   &e->project, &e->model,
                      &e->finish, &e->pairs,   &e->lost};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = mem_str("");
    take_records(e, first, file);
    return true;
}

void
journal_set_aside(const char *path)
{
    struct buf bad;
    buf_init(&bad, SIZE_MAX / 2);
    buf_addf(&bad, "%s.bad", path);
    rename(path, bad.ptr);
    buf_finish(&bad);
}

/* False if it gives no entry. *used grows by what was read. */
static bool
read_open(int fd, const char *path, struct journal_entry *e, size_t *used)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    if (st.st_size == 0) {
        /* it may be one that is just being made, not locked yet */
        if (!e->writing && time(NULL) - st.st_mtime > STALE_S)
            unlink(path);
        return false;
    }
    struct buf file;
    buf_init(&file, RECORD_FILE_MAX);
    bool big = (size_t)st.st_size > RECORD_FILE_MAX;
    bool read = !big && file_read_fd(fd, &file);
    bool ok = read && parse(e, buf_str(&file));
    if (!e->writing && (big || (read && !ok)))
        journal_set_aside(path);
    *used += file.len;
    buf_finish(&file);
    return ok;
}

static bool
read_entry(const char *path, struct journal_entry *e, size_t *used)
{
    memset(e, 0, sizeof *e);
    int fd = open_ours(path, &e->writing);
    if (fd < 0)
        return false;
    bool ok = read_open(fd, path, e, used);
    close(fd);
    if (ok && (!e->writing || e->detached)) {
        e->file = mem_str(path);
        return true;
    }
    journal_entry_finish(e);
    return false;
}

bool
journal_read(const char *file, struct journal_entry *e)
{
    size_t used = 0;
    return is_journal(file) && read_entry(file, e, &used);
}

/* A dc_str cannot say that its bytes are ours. */
static void
free_str(struct dc_str s)
{
    free((void *)(uintptr_t)s.ptr);
}

void
journal_entry_finish(struct journal_entry *e)
{
    free(e->file);
    free(e->chat);
    free(e->project);
    free(e->model);
    free(e->finish);
    free(e->pairs);
    free(e->lost);
    free_str(e->user);
    free_str(e->reasoning);
    free_str(e->text);
    for (size_t i = 0; i < e->choice_count; i++) {
        free(e->choices[i].pairs);
        free_str(e->choices[i].reasoning);
        free_str(e->choices[i].text);
    }
    free(e->choices);
    memset(e, 0, sizeof *e);
}

/* ---- all of them ---- */

static int
compare_entries(const void *a, const void *b)
{
    const struct journal_entry *x = a, *y = b;
    if (x->started != y->started)
        return x->started < y->started ? -1 : 1;
    return strcmp(x->file, y->file);
}

struct journal_entry *
journal_list(const char *dir, size_t *count)
{
    size_t name_count, used = 0;
    char **names = journal_names(dir, &name_count);
    struct journal_entry *entries =
        mem_alloc((name_count + 1) * sizeof *entries);
    *count = 0;
    for (size_t i = 0; i < name_count && used <= JOURNAL_BYTES_MAX; i++)
        *count += read_entry(names[i], &entries[*count], &used);
    journal_names_free(names, name_count);
    qsort(entries, *count, sizeof *entries, compare_entries);
    return entries;
}

void
journal_entries_free(struct journal_entry *entries, size_t count)
{
    for (size_t i = 0; entries != NULL && i < count; i++)
        journal_entry_finish(&entries[i]);
    free(entries);
}

bool
journal_forget(const char *file)
{
    bool held = true;
    int fd = is_journal(file) ? open_ours(file, &held) : -1;
    bool ok = fd >= 0 && !held && unlink(file) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}
