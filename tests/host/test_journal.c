/* Journals: what is written is read back, byte for byte; damage is found
 * wherever it is; what is not ours to read stays as it is. */
#include "host/journal.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/record.h"

static const struct journal_head plain = {"/c/a.deepchat.md", "/c", "m", {0}};

static bool
is(struct dc_str s, const char *bytes, size_t len)
{
    return s.len == len && memcmp(s.ptr, bytes, len) == 0;
}

static mode_t
mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mode & 07777 : 07777;
}

static void
put(const char *path, struct dc_str bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0, "%s", path);
    cr_assert(file_write_all(fd, bytes));
    close(fd);
}

static size_t
list_count(const char *dir)
{
    size_t count;
    struct journal_entry *entries = journal_list(dir, &count);
    journal_entries_free(entries, count);
    return count;
}

/* The only file that is there, read whole. */
static struct buf
only_file(const char *dir)
{
    size_t count;
    struct journal_entry *entries = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    struct buf b;
    buf_init(&b, 1 << 20);
    cr_assert(file_read(entries[0].file, &b, NULL));
    unlink(entries[0].file);
    journal_entries_free(entries, count);
    return b;
}

Test(journal, round_trip_of_any_byte, .timeout = 10)
{
    char *tmp = tmpdir_new();
    const char *dir = tmpdir_path(tmp, "state/journal");
    char all[256], name[256];
    struct dc_error err;
    for (int i = 0; i < 256; i++) {
        all[i] = (char)i;
        name[i] = (char)(i + 1);
    }
    umask(0);
    struct journal_head head = {
        name, "/p\nq%0a%25", "a=b\nchat=x", {all, sizeof all}};
    struct journal *j = journal_new(dir, &head, &err);
    cr_assert(j != NULL, "%s", err.text);
    cr_expect_eq(mode_of(dir), 0700);
    cr_expect(journal_reasoning(j, (struct dc_str){all, 200}, &err));
    cr_expect(journal_text(j, (struct dc_str){NULL, 0}, &err));
    for (size_t i = 0; i < sizeof all; i += 16)
        cr_expect(journal_text(j, (struct dc_str){all + i, 16}, &err));
    cr_expect_eq(list_count(dir), 0, "it is still being written");
    cr_expect(journal_chat(j, "/new\nname", &err));
    cr_expect(journal_end(j, "stop", " in=1 out=2%0a", &err));
    journal_close(j);

    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect_eq(mode_of(e->file), 0600);
    cr_expect_str_eq(e->chat, "/new\nname");
    cr_expect_str_eq(e->project, head.project);
    cr_expect_str_eq(e->model, head.model);
    cr_expect_str_eq(e->finish, "stop");
    cr_expect_str_eq(e->pairs, " in=1 out=2%0a");
    cr_expect(e->started > 1600000000);
    cr_expect(is(e->user, all, 256));
    cr_expect(is(e->text, all, 256));
    cr_expect(is(e->reasoning, all, 200));
    cr_expect(journal_forget(e->file));
    cr_expect(!journal_forget(e->file), "only one may restore it");
    journal_entries_free(e, count);
    cr_expect_eq(tmpdir_count(dir, ""), 0);
    tmpdir_free(tmp);
}

/* n > 1: each answer by itself, in whatever order they come. */
Test(journal, answers_besides_the_first, .timeout = 10)
{
    char *dir = tmpdir_new(), all[256];
    struct dc_error err;
    for (int i = 0; i < 256; i++)
        all[i] = (char)i;
    struct journal *j = journal_new(dir, &plain, &err);
    cr_assert(journal_choice(j, 127, DC_DELTA_TEXT, str_of("z"), &err));
    cr_assert(journal_text(j, str_of("one"), &err));
    cr_assert(
        journal_choice(j, 2, DC_DELTA_TEXT, (struct dc_str){all, 256}, &err));
    cr_assert(journal_choice(j, 2, DC_DELTA_REASONING, str_of("hm"), &err));
    cr_assert(journal_anew(j, &err));
    cr_assert(journal_choice(j, 1, DC_DELTA_TEXT, str_of("\n"), &err));
    cr_assert(journal_choice_end(j, 2, " in=1%0a\nx=2", &err));
    cr_assert(journal_choice(j, 2, DC_DELTA_TEXT, str_of("x"), &err));
    journal_close(j);

    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_assert_eq(e->choice_count, 3);
    cr_expect_eq(e->text.len, 0);
    cr_expect_eq(e->choices[0].number, 1);
    cr_expect(is(e->choices[0].text, "\n", 1));
    cr_expect_str_eq(e->choices[0].pairs, "");
    cr_expect_eq(e->choices[1].number, 2);
    cr_expect_eq(e->choices[1].text.len, 257);
    cr_expect(is((struct dc_str){e->choices[1].text.ptr, 256}, all, 256));
    cr_expect(is(e->choices[1].reasoning, "hm", 2));
    cr_expect_str_eq(e->choices[1].pairs, " in=1%0a\nx=2");
    cr_expect_eq(e->choices[2].number, 127);
    journal_entries_free(e, count);
    tmpdir_free(dir);
}

/* What no version has written. */
Test(journal, odd_choices_are_left_out, .timeout = 10)
{
    static const char *const payloads[] = {
        "",       "1",       "1 ",    "1 t",     "0 t x",
        "x t y",  "128 t x", "1 x y", "1  t x",  " t x",
        "-1 t x", "1 tx",    "1 e x", "1 e p=1", "99999999999999999999 t x"};
    char *dir = tmpdir_new();
    struct journal *j = journal_new(dir, &plain, NULL);
    char *path = mem_str(journal_path(j));
    struct buf bytes;
    journal_close(j);
    buf_init(&bytes, 1 << 20);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        record_add(&bytes, 'c', str_of(payloads[i]));
    record_add(&bytes, 'c', str_of("1 t "));
    record_add(&bytes, 'c', str_of("1 t 1 t "));
    int fd = open(path, O_WRONLY | O_APPEND);
    cr_assert(file_write_all(fd, buf_str(&bytes)));
    close(fd);
    struct journal_entry e;
    cr_assert(journal_read(path, &e));
    cr_expect(e.whole);
    cr_assert_eq(e.choice_count, 1);
    cr_expect_eq(e.choices[0].number, 1);
    cr_expect(is(e.choices[0].text, "1 t ", 4));
    cr_expect_str_eq(e.choices[0].pairs, "");
    journal_entry_finish(&e);
    buf_finish(&bytes);
    free(path);
    tmpdir_free(dir);
}

Test(journal, head_path_survives_whole, .timeout = 10)
{
    char *dir = tmpdir_new();
    char name[256];
    for (int i = 0; i < 256; i++)
        name[i] = (char)(i + 1);
    struct journal_head head = {name, "", "", {0}};
    chmod(dir, 0755);
    journal_close(journal_new(dir, &head, NULL));
    cr_expect_eq(mode_of(dir), 0700);
    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(e->chat, name);
    cr_expect_str_eq(e->project, "");
    cr_expect_str_eq(e->finish, "");
    cr_expect_eq(e->text.len + e->user.len + e->reasoning.len, 0);
    journal_entries_free(e, count);
    tmpdir_free(dir);
}

Test(journal, oldest_first_and_removed_ones_gone, .timeout = 10)
{
    enum { COUNT = 50 };
    char *dir = tmpdir_new();
    struct journal *all[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char text[24];
        snprintf(text, sizeof text, "%d", i);
        all[i] = journal_new(dir, &plain, NULL);
        cr_assert(journal_text(all[i], str_of(text), NULL));
    }
    cr_expect_eq(tmpdir_count(dir, ".journal"), COUNT);
    cr_expect(!journal_forget(tmpdir_path(dir, "x.journal")));
    for (int i = 0; i < COUNT; i++)
        if (i % 10 == 9)
            journal_remove(all[i]);
        else
            journal_close(all[i]);
    journal_close(NULL);
    journal_remove(NULL);
    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, COUNT - 5);
    for (size_t i = 0; i < count; i++) {
        char text[24];
        snprintf(text, sizeof text, "%zu", i + i / 9);
        cr_expect(is(e[i].text, text, strlen(text)), "entry %zu", i);
        cr_expect(i == 0 || strcmp(e[i - 1].file, e[i].file) < 0);
    }
    journal_entries_free(e, count);
    cr_expect_eq(list_count(tmpdir_path(dir, "none")), 0);
    tmpdir_free(dir);
}

/* A journal with a piece of each kind. */
static struct buf
sample(const char *dir)
{
    struct journal_head head = {"/c/a.md", "/c", "m", str_of("ask\n")};
    struct journal *j = journal_new(dir, &head, NULL);
    cr_assert(j != NULL);
    journal_reasoning(j, str_of("hm"), NULL);
    journal_text(j, str_of("one "), NULL);
    journal_text(j, str_of("two\n"), NULL);
    journal_end(j, "stop", " out=2", NULL);
    journal_close(j);
    return only_file(dir);
}

/* True if e holds what some number of whole records of sample() hold. */
static bool
is_prefix(const struct journal_entry *e)
{
    static const struct {
        const char *user, *reasoning, *text, *finish;
    } states[] = {
        {"", "", "", ""},
        {"ask\n", "", "", ""},
        {"ask\n", "hm", "", ""},
        {"ask\n", "hm", "one ", ""},
        {"ask\n", "hm", "one two\n", ""},
        {"ask\n", "hm", "one two\n", "stop"},
    };
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (str_is(e->user, states[i].user) &&
            str_is(e->reasoning, states[i].reasoning) &&
            str_is(e->text, states[i].text) &&
            strcmp(e->finish, states[i].finish) == 0)
            return strcmp(e->chat, "/c/a.md") == 0 &&
                   strcmp(e->project, "/c") == 0 && strcmp(e->model, "m") == 0;
    return false;
}

/* Write bytes as a journal, read it, clean up. Returns the length of the
 * entry's texts, or -1 if it gave none. */
static long
read_back(const char *dir, struct dc_str bytes)
{
    const char *path = tmpdir_path(dir, "20261122T000000-1-1.journal");
    put(path, bytes);
    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    long got = -1;
    if (count > 0) {
        cr_expect(is_prefix(e));
        got = (long)(e->user.len + e->reasoning.len + e->text.len +
                     strlen(e->finish));
    }
    bool aside = access(path, F_OK) != 0;
    cr_expect_eq(aside, count == 0 && bytes.len > 0, "%zu bytes", bytes.len);
    journal_entries_free(e, count);
    unlink(path);
    unlink(tmpdir_path(dir, "20261122T000000-1-1.journal.bad"));
    return got;
}

Test(journal, cut_at_every_byte, .timeout = 30)
{
    char *dir = tmpdir_new();
    struct buf file = sample(dir);
    long last = -1;
    unsigned steps = 0;
    for (size_t len = 0; len <= file.len; len++) {
        long got = read_back(dir, (struct dc_str){file.ptr, len});
        cr_expect(got >= last, "cut at %zu lost an earlier record", len);
        steps += got != last;
        last = got;
    }
    cr_expect_eq(last, 4 + 2 + 8 + 4);
    cr_expect_eq(steps, 6, "a record was taken before it was whole");
    buf_finish(&file);
    tmpdir_free(dir);
}

Test(journal, every_bit_flipped, .timeout = 30)
{
    char *dir = tmpdir_new();
    struct buf file = sample(dir);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        file.ptr[bit / 8] = (char)(file.ptr[bit / 8] ^ 1 << bit % 8);
        long got = read_back(dir, buf_str(&file));
        cr_expect_lt(got, 4 + 2 + 8 + 4, "bit %zu was not missed", bit);
        file.ptr[bit / 8] = (char)(file.ptr[bit / 8] ^ 1 << bit % 8);
    }
    buf_finish(&file);
    tmpdir_free(dir);
}

/* Heads that record_add() does not print, but that a lax reader would take;
 * the sums are those of the bytes as they stand. */
Test(journal, odd_records, .timeout = 10)
{
    static const char *const bad[] = {
        "",
        "t",
        "t ",
        "t 1",
        "t  00000000\n",
        "t 1 ",
        "t 01 fe686bda\nx\n",
        "t 1 84B14C27\nx\n",
        "t 1 84b14c27\nxx",
        "t 1 84b14c27 x\n",
        "t 1 00000000\nx\n",
        "t -1 00000000\n\n",
        "t 9999999999 00000000\n\n",
        "t 18446744073709551615 00000000\n\n",
        "t 999999999 00000000\n\n",
    };
    struct record r;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dc_str rest = str_of(bad[i]);
        cr_expect(!record_next(&rest, &r), "%s", bad[i]);
        cr_expect_eq(rest.len, strlen(bad[i]));
    }
    struct buf b;
    buf_init(&b, 40);
    cr_expect(record_add(&b, 't', str_of("123456789")));
    cr_expect_str_eq(b.ptr, "t 9 5c8fd0a9\n123456789\n");
    cr_expect(!record_add(&b, 't', str_of("x2345")), "one byte too many");
    cr_expect_eq(b.len, 23, "nothing of it is left");
    cr_expect(record_add(&b, 'r', str_of("x23")));
    struct dc_str rest = buf_str(&b);
    cr_expect(record_next(&rest, &r) && r.kind == 't' && r.payload.len == 9);
    cr_expect(record_next(&rest, &r) && r.kind == 'r' && rest.len == 0);
    cr_expect(!record_next(&rest, &r));
    buf_finish(&b);
}

static void
make_odd_files(const char *dir)
{
    put(tmpdir_path(dir, "a.journal"), str_of("garbage"));
    put(tmpdir_path(dir, "b.journal"), str_of("DEEPCHAT JOURNAL 2\nx"));
    put(tmpdir_path(dir, "c.journal"), str_of("DEEPCHAT JOURNAL 1\n"));
    put(tmpdir_path(dir, "d.journal"), str_of(""));
    put(tmpdir_path(dir, "k.journal"),
        str_of("DEEPCHAT JOURNAL 1\nt 1 84b14c27\nx\n"));
    put(tmpdir_path(dir, "e.journal.bad"), str_of("old"));
    put(tmpdir_path(dir, "f.txt"), str_of("text"));
    put(tmpdir_path(dir, ".journal"), str_of("text"));
    cr_assert(symlink("/etc/passwd", tmpdir_path(dir, "g.journal")) == 0);
    cr_assert(mkfifo(tmpdir_path(dir, "h.journal"), 0600) == 0);
    cr_assert(mkdir(tmpdir_path(dir, "i.journal"), 0700) == 0);
}

Test(journal, garbage_is_set_aside, .timeout = 10)
{
    char *dir = tmpdir_new();
    make_odd_files(dir);
    cr_expect_eq(list_count(dir), 0);
    cr_expect_eq(list_count(dir), 0);
    static const char *const now[] = {
        "a.journal.bad", "b.journal.bad", "c.journal.bad",
        "d.journal",     "e.journal.bad", "f.txt",
        ".journal",      "h.journal",     "i.journal"};
    for (size_t i = 0; i < sizeof now / sizeof *now; i++)
        cr_expect(access(tmpdir_path(dir, now[i]), F_OK) == 0, "%s", now[i]);
    struct stat st;
    cr_expect(lstat(tmpdir_path(dir, "g.journal"), &st) == 0);
    cr_expect_eq(tmpdir_count(dir, ""), 11);
    static const char *const kept[] = {"f.txt", "g.journal", "h.journal"};
    for (size_t i = 0; i < 3; i++)
        cr_expect(!journal_forget(tmpdir_path(dir, kept[i])), "%s", kept[i]);
    cr_expect_eq(tmpdir_count(dir, ""), 11);
    if (geteuid() == 0) {
        struct buf file = sample(dir);
        const char *path = tmpdir_path(dir, "z.journal");
        put(path, buf_str(&file));
        cr_expect_eq(list_count(dir), 1);
        cr_assert(chown(path, 12345, 12345) == 0);
        cr_expect_eq(list_count(dir), 0, "of another user");
        cr_expect(access(path, F_OK) == 0);
        buf_finish(&file);
    }
    tmpdir_free(dir);
}

Test(journal, what_cannot_be_made, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct dc_error err = {0};
    put(tmpdir_path(dir, "f"), str_of(""));
    static const char *const bad[] = {"f", "f/x"};
    for (size_t i = 0; i < 2; i++) {
        err.code = DC_OK;
        cr_expect(!journal_new(tmpdir_path(dir, bad[i]), &plain, &err));
        cr_expect_eq(err.code, DC_E_SYSTEM);
    }
    cr_expect(!journal_new("/proc/deepchat", &plain, NULL));
    struct rlimit before, none = {0, 0};
    getrlimit(RLIMIT_NOFILE, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_NOFILE, &none);
    struct journal *j = journal_new(dir, &plain, &err);
    setrlimit(RLIMIT_NOFILE, &before);
    cr_expect(j == NULL && err.code == DC_E_SYSTEM);
    j = journal_new(dir, &plain, &err);
    cr_expect(j != NULL, "it recovers once there are descriptors");
    journal_remove(j);
    cr_expect_eq(tmpdir_count(dir, ".journal"), 0);
    tmpdir_free(dir);
}

/* What a process without an editor writes is listed while it does; that of one
 * with its editor is not. */
Test(journal, detached_and_lost, .timeout = 10)
{
    char *dir = tmpdir_new();
    struct journal *j = journal_new(dir, &plain, NULL);
    size_t count;
    cr_assert(j != NULL);
    journal_text(j, str_of("one"), NULL);
    cr_expect_eq(list_count(dir), 0);
    cr_expect(journal_detached(j, NULL));
    journal_text(j, str_of(" two"), NULL);
    struct journal_entry *e = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect(e->writing && e->detached && e->whole);
    cr_expect(is(e->text, "one two", 7));
    cr_expect(!journal_forget(e->file), "it is held");
    journal_entries_free(e, count);

    cr_expect(journal_end(j, "stopped", "", NULL));
    cr_expect(journal_lost(j, "undone", NULL));
    journal_close(j);
    e = journal_list(dir, &count);
    cr_assert_eq(count, 1);
    cr_expect(!e->writing && e->whole);
    cr_expect_str_eq(e->lost, "undone");
    cr_expect_str_eq(e->finish, "stopped");
    journal_set_aside(e->file);
    cr_expect_eq(tmpdir_count(dir, ".journal.bad"), 1);
    journal_entries_free(e, count);
    tmpdir_free(dir);
}

/* A head that cannot be read is no reason to rename what is being written. */
Test(journal, held_garbage_stays, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "a.journal");
    put(path, str_of("garbage"));
    int fd = open(path, O_RDWR);
    cr_assert_eq(file_lock(fd, false), FILE_LOCK_GOT);
    cr_expect_eq(list_count(dir), 0);
    cr_expect_eq(tmpdir_count(dir, ".bad"), 0);
    close(fd);
    cr_expect_eq(list_count(dir), 0);
    cr_expect_eq(tmpdir_count(dir, ".bad"), 1);
    tmpdir_free(dir);
}

/* A process that dies while it makes a journal leaves an empty file. */
Test(journal, stale_empty_file_goes, .timeout = 10)
{
    char *dir = tmpdir_new();
    const char *path = tmpdir_path(dir, "a.journal");
    static const struct {
        int age_s;
        bool stays;
    } cases[] = {{0, true}, {30, true}, {90, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(path, (struct dc_str){"", 0});
        struct timespec times[2];
        clock_gettime(CLOCK_REALTIME, &times[0]);
        times[0].tv_sec -= cases[i].age_s;
        times[1] = times[0];
        cr_assert(utimensat(AT_FDCWD, path, times, 0) == 0);
        cr_expect_eq(list_count(dir), 0);
        cr_expect_eq(access(path, F_OK) == 0, cases[i].stays, "%d s",
                     cases[i].age_s);
    }
    tmpdir_free(dir);
}
