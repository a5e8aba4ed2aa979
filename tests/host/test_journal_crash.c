/* Journals and kill -9: a child writes records that can be told from their
 * number and says, in shared memory, how many were taken; it is killed at a
 * random moment. Nothing that was taken may be missing. Then the tail is cut
 * or a bit flipped at random. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "base/buf.h"
#include "host/file.h"
#include "host/journal.h"
#include "host/loop.h"
#include "host/record.h"

enum { ROUNDS = 200, BUDGET_MS = 5000, PIECE_MAX = 300 };

struct shared {
    atomic_int taken; /* records that journal_text() took; -1: no file yet */
};

static unsigned state;

static unsigned
next_random(void)
{
    state = state * 1103515245 + 12345;
    return state >> 8;
}

/* Record number n: its length and bytes follow from n alone. */
static struct dc_str
piece(unsigned n)
{
    static char bytes[PIECE_MAX];
    size_t len = 1 + n * 2654435761u % PIECE_MAX;
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(unsigned char)(n * 31 + i * 7);
    return (struct dc_str){bytes, len};
}

/* How many whole records text holds; -1 if it is anything else. */
static int
pieces_in(struct dc_str text)
{
    int n = 0;
    while (text.len > 0) {
        struct dc_str p = piece((unsigned)n++);
        if (text.len < p.len || memcmp(text.ptr, p.ptr, p.len) != 0)
            return -1;
        text.ptr += p.len;
        text.len -= p.len;
    }
    return n;
}

static void
write_for_ever(const char *dir, struct shared *shared)
{
    struct journal_head head = {"/c/a.md", "/c", "m", str_of("ask")};
    struct journal *j = journal_new(dir, &head, NULL);
    if (j == NULL)
        _exit(1);
    for (int n = 0; n < 20000; n++) {
        atomic_store(&shared->taken, n);
        if (!journal_text(j, piece((unsigned)n), NULL))
            _exit(1);
    }
    _exit(0);
}

/* A child writes until it is killed. Returns how many records it was told
 * are safe. */
static int
crash(const char *dir, struct shared *shared)
{
    atomic_store(&shared->taken, -1);
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0)
        write_for_ever(dir, shared);
    int64_t until = loop_now_us() + next_random() % 20000;
    while (loop_now_us() < until)
        usleep(100);
    kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    cr_expect(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return atomic_load(&shared->taken);
}

/* What the only entry of dir holds, -1 if there is none. */
static int
recovered(const char *dir, char *file, size_t size)
{
    size_t count;
    struct journal_entry *e = journal_list(dir, &count);
    int got = -1;
    cr_assert(count <= 1);
    if (count == 1) {
        got = pieces_in(e->text);
        cr_expect_geq(got, 0, "text that nobody wrote");
        snprintf(file, size, "%s", e->file);
    }
    journal_entries_free(e, count);
    return got;
}

/* Cut file, or flip one of its bits, and look at what is left of it. */
static void
damage(const char *dir, const char *file, int whole)
{
    struct buf b;
    char found[512];
    buf_init(&b, RECORD_FILE_MAX);
    cr_assert(file_read(file, &b, NULL));
    size_t at = next_random() % b.len;
    bool cut = next_random() % 2 == 0;
    if (cut)
        buf_cut(&b, at);
    else
        b.ptr[at] = (char)(b.ptr[at] ^ 1 << next_random() % 8);
    cr_assert(file_replace(file, buf_str(&b), NULL));
    int got = recovered(dir, found, sizeof found);
    cr_expect(got < whole || (got == whole && whole == 0) || got == -1,
              "damage at %zu of %zu was not found", at, b.len);
    struct record r;
    struct dc_str rest = buf_str(&b);
    int want = -2;
    if (str_starts(rest, RECORD_MAGIC)) {
        rest.ptr += strlen(RECORD_MAGIC);
        rest.len -= strlen(RECORD_MAGIC);
        while (record_next(&rest, &r))
            want++;
    }
    cr_expect_eq(got, want < 0 ? got : want, "not all that is whole came");
    buf_finish(&b);
}

Test(journal_crash, nothing_taken_is_lost, .timeout = 60)
{
    struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert(shared != MAP_FAILED);
    state = 20261122;
    int64_t end = loop_now() + BUDGET_MS;
    int rounds = 0;
    long records = 0;
    for (; rounds < ROUNDS && loop_now() < end; rounds++) {
        char *dir = tmpdir_new();
        char file[512] = "";
        int taken = crash(dir, shared);
        int got = recovered(dir, file, sizeof file);
        cr_expect_geq(got, taken, "round %d: %d of %d", rounds, got, taken);
        cr_expect_leq(got, taken + 1, "round %d", rounds);
        cr_expect_eq(tmpdir_count(dir, ".bad"), 0);
        if (got >= 0) {
            damage(dir, file, got);
            records += got;
        }
        tmpdir_free(dir);
    }
    cr_log_info("%d rounds, %ld records", rounds, records);
    cr_expect(rounds >= 20, "only %d rounds in %d ms", rounds, BUDGET_MS);
    cr_expect(records > rounds, "hardly anything was written");
}
