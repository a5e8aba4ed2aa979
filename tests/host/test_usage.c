/* The file of what was used: its lines, however they got there, its sums, and
 * several who write it. */
#include "host/usage.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/tmpdir.h"
#include "base/buf.h"
#include "host/file.h"
#include "host/usage_line.h"
#include "host/usage_state.h"

/* ---- lines ---- */

/* clang-format off */
static const struct {
    const char *text;
    const char *again; /* how it is printed; NULL: as it stands */
    size_t torn;
} lines[] = {
    {"2026-11-24 in=31 out=212 cost=0.00021 model=a/b chat=9f .\n", NULL, 0},
    {"2026-11-24 in=5 out=1 cached=3 est=1e-05 size=4.5 model=a%20b .\n", NULL, 0},
    {"2026-09 n=88 blank=2 in=4100 out=9120 model=m .\n", NULL, 0},
    {"2026-11-24 model=m .\n", NULL, 0},
    {"chat 1c.4 is 9f3c .\n", NULL, 0},
    {"chat 9f3c became 07aa .\n", NULL, 0},
    {"chat 9f3c became .\nchat 9f3c becomes 1 .\n", "", 2},
    {"2026-11-24 in=1 tier=flex model=m .\n", "2026-11-24 in=1 model=m .\n", 0},
    {"  2026-11-24   in=1  model=m   .  \n", "2026-11-24 in=1 model=m .\n", 0},
    {"2026-11-24 in=1 model=m .", "2026-11-24 in=1 model=m .\n", 0},
    {"\n\n \n", "", 0},
    {"2026-11-24 in=31 out=2", "", 1},
    {"2026-11-24 in=31 out=2\n2026-11-24 in=1 model=m .\n", "2026-11-24 in=1 model=m .\n", 1},
    {"2026-11-24 in=x model=m .\n", "", 1},
    {"2026-11-24 in= model=m .\n", "", 1},
    {"2026-11-24 in=-4 model=m .\n", "", 1},
    {"2026-11-24 in=nan model=m .\n", "", 1},
    {"2026-11-24 in=1e16 model=m .\n", "", 1},
    {"2026-11-24 in=1000000000000000 model=m .\n", "2026-11-24 in=1e+15 model=m .\n", 0},
    {"2026-11-24 in=1000000000000001 model=m .\n", "", 1},
    {"26-11-24 in=1 model=m .\n", "", 1},
    {"2026-11-2 in=1 model=m .\n", "", 1},
    {"2026-1a-24 in=1 model=m .\n", "", 1},
    {"chat a b .\nchat a is .\nchat a is b c .\n.\n .\nchat\n", "", 6},
    {"\xff\xfe what\n", "", 1},
};
/* clang-format on */

static size_t
print_again(struct dc_str text, struct buf *out)
{
    struct usage_line line;
    size_t at = 0, torn = 0;
    buf_reset(out);
    while (usage_line_next(text, &at, &line, &torn))
        usage_line_print(out, &line);
    return torn;
}

Test(usage, lines, .timeout = 10)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *want = lines[i].again ? lines[i].again : lines[i].text;
        size_t torn = print_again(str_of(lines[i].text), &out);
        cr_expect_str_eq(out.len > 0 ? out.ptr : "", want, "%s", lines[i].text);
        cr_expect_eq(torn, lines[i].torn, "%s: %zu", lines[i].text, torn);
    }
    /* cut at every byte, and gone on with: only what is whole counts */
    static const char one[] = "2026-11-24 in=31 out=212 model=a/b chat=9f .";
    for (size_t cut = 1; cut < sizeof one - 1; cut++) {
        char text[200];
        snprintf(text, sizeof text, "%.*s\n%s\n", (int)cut, one, one);
        print_again(str_of(text), &out);
        cr_expect_eq(strncmp(out.ptr, one, strlen(one)), 0, "%zu", cut);
        cr_expect_eq(out.len, strlen(one) + 1, "%zu: %s", cut, out.ptr);
    }
    buf_finish(&out);
}

/* ---- the view ---- */

static time_t
noon(int year, int month, int day)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = 12,
                    .tm_isdst = -1};
    return mktime(&tm);
}

/* "name requests blank in out cached cost est;" */
static void
print_rows(struct buf *out, const struct value *about, const char *name)
{
    static const char *const keys[] = {"requests", "blank", "in", "out",
                                       "cached",   "cost",  "est"};
    const struct value *row, *rows = value_get(about, name);
    buf_reset(out);
    for (size_t i = 0; (row = value_at(rows, i)) != NULL; i++) {
        buf_add_text(out, value_as_text(value_get(row, "name"), "?"));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            buf_addf(out, " %g", value_as_float(value_get(row, keys[k]), -1));
        buf_add_text(out, ";");
    }
    buf_add_text(out, "");
}

static void
expect_rows(const struct value *about, const char *name, const char *want)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    print_rows(&out, about, name);
    cr_expect_str_eq(out.len > 0 ? out.ptr : "", want, "%s", name);
    buf_finish(&out);
}

static const char year[] =
    "chat 1.4 is aaaa .\n"
    "chat 1.5 is bbbb .\n"
    "2026-08 n=7 in=700 out=70 cost=0.5 model=old .\n"
    "2026-10 n=2 in=20 out=10 cost=0.25 model=a .\n"
    "2026-10-30 in=1 out=1 model=a .\n"
    "2026-11-23 in=10 out=5 cost=0.125 model=a chat=1.4 .\n"
    "2026-11-24 in=20 out=6 cached=8 est=0.5 model=a chat=aaaa .\n"
    "2026-11-24 in=30 out=7 cost=1 model=c%20d chat=bbbb .\n"
    "2026-11-24 blank=1 model=a chat=1.4 .\n"
    "2026-11-24 in=4\n"
    "2026-11-24 in=40 out=8 cost=2 model=a chat=1.6 .\n";

Test(usage, view, .timeout = 10)
{
    const char *const chats[2] = {"aaaa", "1.6"};
    struct value *v = usage_view(str_of(year), noon(2026, 11, 24), 2, chats);
    expect_rows(v, "chat", "a 4 1 70 19 8 2.125 0.5;");
    expect_rows(v, "today", "a 3 1 60 14 8 2 0.5;c d 1 0 30 7 0 1 0;");
    expect_rows(v, "models", "a 4 1 70 19 8 2.125 0.5;c d 1 0 30 7 0 1 0;");
    expect_rows(v, "days",
                "2026-11-24 4 1 90 21 8 3 0.5;2026-11-23 1 0 10 5 0 0.125 0;");
    cr_expect_str_eq(value_as_text(value_get(v, "since"), ""), "2026-11-23");
    cr_expect_eq(value_as_int(value_get(v, "torn"), -1), 1);
    value_free(v);
    /* a month that is summed up counts whole */
    v = usage_view(str_of(year), noon(2026, 11, 24), 26, chats);
    cr_expect_str_eq(value_as_text(value_get(v, "since"), ""), "2026-10-01");
    expect_rows(v, "models", "a 7 1 91 30 8 2.375 0.5;c d 1 0 30 7 0 1 0;");
    value_free(v);
    const char *const none[2] = {"", ""};
    v = usage_view(str_of(""), noon(2026, 11, 24), 1, none);
    expect_rows(v, "chat", "");
    expect_rows(v, "today", "");
    expect_rows(v, "models", "");
    value_free(v);
}

/* A chat takes along what it has used; the old file's own is not its. */
static const char moved[] = "chat 1.4 is aaaa .\n"
                            "2026-11-24 in=1 model=m chat=1.4 .\n"
                            "2026-11-24 in=2 model=m chat=aaaa .\n"
                            "chat aaaa became bbbb .\n"
                            "2026-11-24 in=4 model=m chat=aaaa .\n"
                            "2026-11-24 in=8 model=m chat=bbbb .\n"
                            "chat bbbb became cccc .\n"
                            "2026-11-24 in=16 model=m chat=cccc .\n"
                            "chat cccc became bbbb .\n"
                            "2026-11-24 in=32 model=m chat=bbbb .\n"
                            "chat aaaa became dddd .\n";

static void
expect_in(struct dc_str text, const char *chat, const char *want)
{
    const char *const chats[2] = {chat, ""};
    struct value *v = usage_view(text, noon(2026, 11, 24), 1, chats);
    const struct value *row = value_at(value_get(v, "chat"), 0);
    char got[16];
    snprintf(got, sizeof got, "%g", value_as_float(value_get(row, "in"), 0));
    cr_expect_str_eq(got, want, "%s: %s", chat, got);
    value_free(v);
}

Test(usage, view_of_moved, .timeout = 10)
{
    expect_in(str_of(moved), "aaaa", "7");
    expect_in(str_of(moved), "bbbb", "59");
    expect_in(str_of(moved), "cccc", "27");
    expect_in(str_of(moved), "dddd", "7");
    expect_in(str_of(moved), "eeee", "0");
}

/* More models than a message should hold. */
Test(usage, view_of_many, .timeout = 20)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 250; i++)
        buf_addf(&text, "2026-11-24 in=%d model=m%03d .\n", 1000 - i, i);
    const char *const none[2] = {"", ""};
    struct value *v = usage_view(buf_str(&text), noon(2026, 11, 24), 1, none);
    const struct value *rows = value_get(v, "today");
    cr_expect_eq(rows->count, 200);
    double sum = 0;
    for (size_t i = 0; i < rows->count; i++)
        sum += value_as_float(value_get(value_at(rows, i), "in"), 0);
    cr_expect_eq(sum, 250 * 1000 - 249 * 250 / 2);
    cr_expect_str_eq(value_as_text(value_get(value_at(rows, 199), "name"), ""),
                     "others");
    value_free(v);
    buf_finish(&text);
}

/* A chat of as many names as a file can hold. */
Test(usage, view_of_names, .timeout = 20)
{
    struct buf text;
    buf_init(&text, 8 << 20);
    for (int i = 0; i < 100000; i++)
        buf_addf(&text, "chat %d is abc .\n2026-11-24 in=1 chat=%d .\n", i,
                 i * 2);
    const char *const chats[2] = {"abc", ""};
    struct value *v = usage_view(buf_str(&text), noon(2026, 11, 24), 1, chats);
    const struct value *row = value_at(value_get(v, "chat"), 0);
    cr_expect_eq(value_as_float(value_get(row, "in"), 0), 50000);
    value_free(v);
    buf_finish(&text);
}

/* ---- made shorter ---- */

static void
sum_of(struct dc_str text, struct usage_line *sum)
{
    struct usage_line line;
    size_t at = 0, torn = 0;
    *sum = (struct usage_line){.count = 0};
    while (usage_line_next(text, &at, &line, &torn))
        if (line.kind == USAGE_REQUESTS)
            usage_line_sum(sum, &line);
    cr_expect_eq(torn, 0);
}

static void
fill(struct buf *text, int months, int lines_each)
{
    for (int month = 12 - months; month < 12; month++)
        for (int i = 0; i < lines_each; i++)
            buf_addf(text,
                     "2026-%02d-%02d in=%d out=3 cached=1 cost=0.25 size=9 "
                     "model=m%d chat=%x .\n",
                     month, i % 24 + 1, i, i % 3, i % 50);
}

Test(usage, pack, .timeout = 20)
{
    static const struct {
        size_t max;
        bool has_day, has_chat, sums;
    } steps[] = {
        {1 << 20, true, true, true},
        {95000, true, true, true}, /* past months */
        {60000, true, true, true}, /* their chats, days of this month */
        {9000, true, false, true}, /* all of it */
        {100, true, false, false}, /* the oldest */
    };
    struct buf text;
    buf_init(&text, 1 << 22);
    fill(&text, 6, 600);
    struct usage_line all, sum;
    sum_of(buf_str(&text), &all);
    size_t last = text.len + 1;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t len;
        char *packed =
            usage_pack(buf_str(&text), noon(2026, 11, 24), steps[i].max, &len);
        cr_expect_leq(len, steps[i].max, "%zu: %zu", i, len);
        cr_expect_lt(len, last, "%zu: %zu", i, len);
        last = len;
        sum_of((struct dc_str){packed, len}, &sum);
        cr_expect_eq(sum.count == all.count && sum.in == all.in &&
                         sum.out == all.out && sum.cached == all.cached &&
                         sum.cost == all.cost,
                     steps[i].sums, "%zu: %g of %g", i, sum.in, all.in);
        cr_expect_eq(strstr(packed, "2026-11-24") != NULL, steps[i].has_day,
                     "%zu", i);
        cr_expect_eq(strstr(packed, "chat=") != NULL, steps[i].has_chat, "%zu",
                     i);
        free(packed);
        free(usage_pack(buf_str(&text), noon(2026, 11, 24), last, &len));
        cr_expect_eq(len, last, "%zu: at the limit", i);
        free(usage_pack(buf_str(&text), noon(2026, 11, 24), last - 1, &len));
        cr_expect_lt(len, last, "%zu: one past it", i);
    }
    buf_finish(&text);
}

/* Names of chats are used, and the last stay for lines that come later. */
Test(usage, pack_names, .timeout = 20)
{
    struct buf text;
    size_t len;
    buf_init(&text, 1 << 22);
    for (int i = 0; i < 300; i++)
        buf_addf(&text, "chat 1.%d is n%d .\n", i, i);
    buf_add_text(&text, "2026-11-24 in=1 model=m chat=1.7 .\n"
                        "2026-11-24 in=1 model=m chat=1.x .\n");
    char *packed = usage_pack(buf_str(&text), noon(2026, 11, 24), 7000, &len);
    cr_expect(strstr(packed, "model=m chat=n7 .") != NULL);
    cr_expect(strstr(packed, "model=m chat=1.x .") != NULL);
    cr_expect(strstr(packed, "chat 1.99 ") == NULL);
    cr_expect(strstr(packed, "chat 1.100 is n100 .") != NULL);
    free(packed);
    buf_finish(&text);
}

/* A chat that has moved keeps its sums in a shorter file. */
Test(usage, pack_moved, .timeout = 10)
{
    struct buf text;
    size_t len;
    buf_init(&text, 1 << 16);
    for (int i = 0; i < 50; i++)
        buf_add_text(&text, "2026-11-20 in=1 model=m chat=aaaa .\n");
    buf_add_text(&text, moved);
    char *packed = usage_pack(buf_str(&text), noon(2026, 11, 24), 500, &len);
    cr_expect(strstr(packed, "2026-11-20 n=50 in=50 ") != NULL, "%s", packed);
    expect_in((struct dc_str){packed, len}, "cccc", "77");
    free(packed);
    buf_finish(&text);
}

/* ---- the file ---- */

static void
add(struct usage *u, const char *dir, double in, const char *chat)
{
    usage_add(u, dir,
              &(struct usage_entry){.model = "a b",
                                    .chat = chat,
                                    .usage = {in, 2, 1, -1, -1},
                                    .est = 0.5});
}

static char *
read_all(const char *dir)
{
    struct buf text;
    usage_read(dir, &text);
    return buf_take(&text, NULL);
}

Test(usage, file, .timeout = 20)
{
    struct loop *lp = loop_new();
    char *dir = tmpdir_new(), *text, day[16], want[400];
    char *state = file_join(dir, "not/there");
    char key[USAGE_CHAT_MAX], named[USAGE_CHAT_MAX], other[USAGE_CHAT_MAX];
    struct usage *u = usage_new(lp, NULL);
    struct stat st;
    time_t now = time(NULL);
    strftime(day, sizeof day, "%Y-%m-%d", localtime(&now));
    text = read_all(state);
    cr_expect_str_eq(text, "");
    free(text);
    usage_chat(u, "", 7, key);
    usage_chat(u, "/no/such", 7, named);
    add(u, state, 30, "");
    usage_named(u, state, 7, "/no/such"); /* it was never used */
    usage_unnamed(u, 7);
    add(u, state, 31, key);
    usage_named(u, state, 7, "/no/such");
    usage_named(u, state, 7, "/no/such");
    add(u, NULL, 99, key);
    usage_renamed(u, state, "/no/such", "/no/such");
    usage_renamed(u, state, "", "/no/such");
    usage_renamed(u, state, "/no/such", "/no/other");
    usage_chat(u, "/no/other", 0, other);
    snprintf(want, sizeof want,
             "%s in=30 out=2 cached=1 est=0.5 model=a%%20b .\n"
             "%s in=31 out=2 cached=1 est=0.5 model=a%%20b chat=%s .\n"
             "chat %s is %s .\n"
             "chat %s became %s .\n",
             day, day, key, key, named, named, other);
    text = read_all(state);
    cr_expect_str_eq(text, want);
    free(text);
    cr_expect_eq(stat(tmpdir_path(state, "usage"), &st), 0);
    cr_expect_eq(st.st_mode & 0777, 0600);
    usage_free(u);
    loop_free(lp);
    free(state);
    tmpdir_free(dir);
}

static void
put(const char *dir, const char *text)
{
    int fd =
        open(tmpdir_path(dir, "usage"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0 && file_write_all(fd, str_of(text)));
    close(fd);
}

/* Behind a line that was cut; not through a link; while somebody packs it. */
Test(usage, trouble, .timeout = 20)
{
    struct loop *lp = loop_new();
    char *dir = tmpdir_new(), *text;
    struct usage *u = usage_new(lp, NULL);
    put(dir, "2026-11-24 in=4 mod");
    add(u, dir, 30, "");
    text = read_all(dir);
    cr_expect_eq(strncmp(text, "2026-11-24 in=4 mod\n20", 22), 0, "%s", text);
    free(text);

    int fd = open(tmpdir_path(dir, "usage"), O_RDWR);
    cr_assert_eq(file_lock(fd, false), FILE_LOCK_GOT);
    add(u, dir, 31, "");
    add(u, dir, 32, "");
    text = read_all(dir);
    cr_expect(strstr(text, "in=31") == NULL);
    free(text);
    /* who packs it puts another one in its place */
    rename(tmpdir_path(dir, "usage"), tmpdir_path(dir, "old"));
    put(dir, "2026-11-24 n=9 model=m .\n");
    close(fd);
    for (int64_t end = loop_now() + 5000; loop_now() < end;) {
        text = read_all(dir);
        bool there = strstr(text, "in=32") != NULL;
        free(text);
        if (there)
            break;
        loop_turn(lp, 20);
    }
    text = read_all(dir);
    cr_expect(strstr(text, "n=9") != NULL && strstr(text, "in=31") != NULL &&
                  strstr(text, "in=32") != NULL,
              "%s", text);
    free(text);

    unlink(tmpdir_path(dir, "usage"));
    put(dir, "");
    rename(tmpdir_path(dir, "usage"), tmpdir_path(dir, "target"));
    cr_assert_eq(symlink("target", tmpdir_path(dir, "usage")), 0);
    add(u, dir, 33, "");
    text = read_all(dir);
    cr_expect_str_eq(text, "");
    free(text);
    struct stat st;
    stat(tmpdir_path(dir, "target"), &st);
    cr_expect_eq(st.st_size, 0);
    usage_free(u);
    loop_free(lp);
    tmpdir_free(dir);
}

/* ---- several at once ---- */

enum { WRITERS = 4, EACH = 400 };

static void
write_many(const char *dir)
{
    struct loop *lp = loop_new();
    struct usage *u = usage_new(lp, NULL);
    for (int i = 0; i < EACH; i++) {
        add(u, dir, 1, "c");
        loop_turn(lp, 0);
    }
    /* what had to wait, however long somebody packs the file */
    for (int64_t end = loop_now() + 40000;
         u->first != NULL && loop_now() < end;)
        loop_turn(lp, 20);
    usage_free(u);
    loop_free(lp);
}

/* The file passes its limit many times meanwhile; no line is lost. */
Test(usage, writers, .timeout = 60)
{
    char *dir = tmpdir_new(), *text;
    struct buf big;
    buf_init(&big, USAGE_FILE_MAX * 2);
    size_t before = 0;
    while (big.len < USAGE_FILE_MAX - 2000) {
        buf_addf(&big, "2026-01-02 in=1 model=m%zu chat=%zx .\n", before % 9,
                 before);
        before++;
    }
    put(dir, big.ptr);
    pid_t pids[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if ((pids[i] = fork()) == 0) {
            write_many(dir);
            _exit(0);
        }
    for (int i = 0; i < WRITERS; i++) {
        int status = 1;
        waitpid(pids[i], &status, 0);
        cr_expect_eq(status, 0);
    }
    /* all of them may have been in each other's way */
    struct loop *lp = loop_new();
    struct usage *u = usage_new(lp, NULL);
    add(u, dir, 1, "c");
    usage_free(u);
    loop_free(lp);
    before++;
    text = read_all(dir);
    struct usage_line sum;
    sum_of(str_of(text), &sum);
    cr_expect_eq(sum.in, (double)(before + WRITERS * EACH), "%g of %zu", sum.in,
                 before + WRITERS * EACH);
    cr_expect_lt(strlen(text), USAGE_FILE_MAX);
    free(text);
    cr_expect_eq(tmpdir_count(dir, ""), 1, "%zu", tmpdir_count(dir, ""));
    buf_finish(&big);
    tmpdir_free(dir);
}
