/* Ceilings of journals, full disks, and when things are synced. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/loop.h"
#include "host/record.h"
#include "host/sync.h"

static const struct journal_head plain = {"/c/a.md", "/c", "m", {0}};

static size_t
list_count(const char *dir)
{
    size_t count;
    struct journal_entry *entries = journal_list(dir, &count);
    journal_entries_free(entries, count);
    return count;
}

static void
copy_to(const char *dir, int number, struct dc_str bytes, off_t size)
{
    char name[64];
    snprintf(name, sizeof name, "20261122T%06d-1-1.journal", number);
    int fd = file_create(tmpdir_path(dir, name), NULL);
    cr_assert(fd >= 0);
    cr_assert(file_write_all(fd, bytes));
    cr_assert(size == 0 || ftruncate(fd, size) == 0);
    close(fd);
}

/* A journal whose user turn is its number. */
static struct buf
numbered(int number)
{
    struct buf b;
    char user[16];
    buf_init(&b, 4096);
    snprintf(user, sizeof user, "%d", number);
    buf_add_text(&b, RECORD_MAGIC);
    record_add(&b, 'm', str_of("chat=c\n"));
    record_add(&b, 'u', str_of(user));
    return b;
}

static void
add_numbered(const char *dir, int number, off_t size)
{
    struct buf b = numbered(number);
    copy_to(dir, number, buf_str(&b), size);
    buf_finish(&b);
}

static void
expect_numbers(const char *dir, size_t want, int first)
{
    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    cr_expect_eq(count, want, "%zu entries", count);
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(atoi(e[i].user.ptr), first + (int)i);
    journal_entries_free(e, count);
}

Test(journal_limits, a_thousand_entries, .timeout = 30)
{
    char *dir = tmpdir_new();
    int made = 0;
    for (; made < 1000; made++)
        add_numbered(dir, made, 0);
    expect_numbers(dir, 1000, 0);
    add_numbered(dir, made++, 0);
    expect_numbers(dir, 1000, 1);
    for (; made < 2500; made++)
        add_numbered(dir, made, 0);
    expect_numbers(dir, 1000, 1500);
    tmpdir_free(dir);
}

/* Files with a hole for a tail, so that they cost nothing to make. */
Test(journal_limits, large_files, .timeout = 60)
{
    char *dir = tmpdir_new();
    add_numbered(dir, 1, (off_t)RECORD_FILE_MAX);
    add_numbered(dir, 2, (off_t)RECORD_FILE_MAX + 1);
    expect_numbers(dir, 1, 1);
    cr_expect_eq(tmpdir_count(dir, ".bad"), 1);
    for (int i = 3; i <= 7; i++)
        add_numbered(dir, i, (off_t)RECORD_FILE_MAX);
    expect_numbers(dir, 5, 3);
    tmpdir_free(dir);
}

Test(journal_limits, a_file_never_grows_over_its_ceiling, .timeout = 60)
{
    char *dir = tmpdir_new();
    struct dc_error err = {0};
    size_t count;
    struct journal *j = journal_new(dir, &plain, NULL);
    cr_assert(j != NULL);
    journal_close(j);
    struct journal_entry *e = journal_list(dir, &count);
    struct stat st;
    cr_assert(stat(e->file, &st) == 0);
    journal_forget(e->file);
    journal_entries_free(e, count);

    size_t room = RECORD_FILE_MAX - (size_t)st.st_size - 21;
    char *bytes = mem_alloc(room + 1);
    for (size_t extra = 0; extra < 2; extra++) {
        j = journal_new(dir, &plain, NULL);
        struct dc_str text = {bytes, room + extra};
        cr_expect_eq(journal_text(j, text, &err), extra == 0);
        cr_expect(!journal_text(j, str_of("x"), &err), "sticky");
        cr_expect_eq(err.code, DC_E_TOO_BIG);
        journal_close(j);
        e = journal_list(dir, &count);
        cr_assert_eq(count, 1);
        cr_expect_eq(e->text.len, extra == 0 ? room : 0);
        journal_forget(e->file);
        journal_entries_free(e, count);
    }
    free(bytes);
    tmpdir_free(dir);
}

/* The disk takes size bytes of a file and no more. */
static struct rlimit
limit_files(rlim_t size)
{
    struct rlimit before, small;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){size, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    return before;
}

Test(journal_limits, a_full_disk_is_remembered, .timeout = 30)
{
    for (rlim_t size = 0; size < 400; size++) {
        char *dir = tmpdir_new();
        struct dc_error err = {0};
        struct rlimit before = limit_files(size);
        struct journal *j = journal_new(dir, &plain, &err);
        size_t taken = 0;
        while (j != NULL && journal_text(j, str_of("0123456789"), &err))
            taken += 10;
        setrlimit(RLIMIT_FSIZE, &before);
        cr_expect_eq(err.code, DC_E_SYSTEM);
        cr_expect(strstr(err.text, strerror(EFBIG)), "%s", err.text);
        err = (struct dc_error){0};
        if (j != NULL) {
            cr_expect(!journal_text(j, str_of("later"), &err), "sticky");
            cr_expect(!journal_chat(j, "later", NULL));
            cr_expect(!journal_end(j, "stop", "", NULL));
            cr_expect_eq(err.code, DC_E_SYSTEM);
        }
        journal_close(j);
        size_t count;
        struct journal_entry *e = journal_list(dir, &count);
        cr_expect_eq(count, j != NULL);
        cr_expect(count == 0 || e->text.len == taken);
        cr_expect(count > 0 || tmpdir_count(dir, "") == 0, "half a file left");
        journal_entries_free(e, count);
        tmpdir_free(dir);
    }
}

/* ---- syncs: this program's own fdatasync() counts and may fail ---- */

static atomic_int syncs;
static atomic_int sync_errno;
static atomic_bool hold;

int fdatasync(int fd);

int
fdatasync(int fd)
{
    (void)fd;
    while (atomic_load(&hold))
        sched_yield();
    atomic_fetch_add(&syncs, 1);
    errno = atomic_load(&sync_errno);
    return errno == 0 ? 0 : -1;
}

Test(journal_limits, four_syncs_a_second, .timeout = 30)
{
    char *dir = tmpdir_new();
    struct journal *j = journal_new(dir, &plain, NULL);
    cr_assert(j != NULL);
    journal_flush(5000);
    int first = atomic_load(&syncs);
    cr_expect(first >= 2, "the turn and the directory: %d", first);
    int64_t start = loop_now();
    while (loop_now() < start + 1100)
        cr_assert(journal_text(j, str_of("x"), NULL));
    int during = atomic_load(&syncs) - first;
    cr_expect(during >= 2 && during <= 5, "%d syncs in 1.1 s", during);
    journal_flush(5000);
    int before = atomic_load(&syncs);
    cr_expect(journal_text(j, str_of("x"), NULL));
    start = loop_now();
    cr_expect(journal_end(j, "stop", "", NULL));
    while (atomic_load(&syncs) == before && loop_now() < start + 5000)
        sched_yield();
    cr_expect(loop_now() < start + 200, "the end does not wait its turn");
    journal_close(j);
    tmpdir_free(dir);
}

Test(journal_limits, nobody_waits_for_a_slow_disk, .timeout = 30)
{
    char *dir = tmpdir_new();
    atomic_store(&hold, true);
    int64_t start = loop_now();
    struct journal *j = journal_new(dir, &plain, NULL);
    for (int i = 0; i < 100; i++)
        cr_expect(journal_text(j, str_of("x"), NULL));
    cr_expect(!sync_flush(30));
    journal_close(j);
    cr_expect_eq(list_count(dir), 1, "closing releases the lock at once");
    cr_expect(loop_now() < start + 1000);
    atomic_store(&hold, false);
    cr_expect(sync_flush(5000));
    tmpdir_free(dir);
}

Test(journal_limits, a_failed_sync_is_a_failure, .timeout = 30)
{
    char *dir = tmpdir_new();
    struct dc_error err = {0};
    struct journal *j = journal_new(dir, &plain, NULL);
    cr_assert(j != NULL);
    journal_flush(5000);
    atomic_store(&sync_errno, EIO);
    cr_expect(journal_text(j, str_of("x"), &err));
    journal_flush(5000);
    atomic_store(&sync_errno, 0);
    cr_expect(!journal_text(j, str_of("y"), &err));
    cr_expect(strstr(err.text, strerror(EIO)), "%s", err.text);
    journal_flush(5000);
    cr_expect(!journal_end(j, "stop", "", &err), "a later sync heals nothing");
    journal_close(j);
    atomic_store(&sync_errno, EINVAL);
    j = journal_new(dir, &plain, NULL);
    journal_flush(5000);
    cr_expect(journal_text(j, str_of("y"), &err),
              "a file system without fdatasync is no failure");
    journal_remove(j);
    tmpdir_free(dir);
}

static size_t
open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < 200; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

Test(journal_limits, nothing_is_left_open, .timeout = 30)
{
    char *dir = tmpdir_new();
    size_t before = open_descriptors();
    for (int i = 0; i < 100; i++) {
        struct journal *j = journal_new(dir, &plain, NULL);
        cr_assert(j != NULL);
        journal_text(j, str_of("x"), NULL);
        journal_end(j, "stop", "", NULL);
        i % 2 ? journal_close(j) : journal_remove(j);
    }
    cr_expect(sync_flush(5000));
    cr_expect_eq(open_descriptors(), before);
    sync_free(NULL);
    sync_dirty(NULL, true);
    cr_expect_eq(sync_error(NULL), 0);
    tmpdir_free(dir);
}

/* Without a thread the caller syncs where a turn ends. */
Test(journal_limits, no_thread, .timeout = 30)
{
    char *dir = tmpdir_new();
    struct rlimit before, none;
    getrlimit(RLIMIT_AS, &before);
    none = (struct rlimit){1 << 20, before.rlim_max};
#ifndef __SANITIZE_ADDRESS__
    struct journal *j = NULL;
    setrlimit(RLIMIT_AS, &none);
    j = journal_new(dir, &plain, NULL);
    int count = atomic_load(&syncs);
    setrlimit(RLIMIT_AS, &before);
    cr_expect(j != NULL);
    cr_expect_eq(count, 2);
    journal_remove(j);
#else
    (void)none;
#endif
    tmpdir_free(dir);
}
