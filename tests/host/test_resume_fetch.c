/* How one reply gets from the journal to the editor: in pieces, each when the
 * one before was taken. */
#include "host/resume.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/journal.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"

TestSuite(resume_fetch, .timeout = 30);

/* ---- an editor that puts the pieces together ----------------------------- */

static struct {
    struct editor base;
    struct buf parts[2]; /* user, turns */
    size_t pieces, largest, gone;
    bool last;
    editor_result_fn *result; /* of the call that is out */
    void *user;
} fake;

static struct host host;
static char *home;

static void
fake_call(struct editor *ed, const char *function, struct value *args,
          editor_result_fn *result, void *user)
{
    (void)ed;
    cr_expect_str_eq(function, "deepchat#resume#piece");
    const char *part = value_as_text(value_at(args, 1), "");
    struct dc_str text = value_as_str(value_at(args, 2));
    cr_expect(!fake.last, "something after the last");
    cr_expect(fake.result == NULL, "not waited for the answer");
    cr_expect(utf8_clean(text), "cut in a character");
    fake.gone += strcmp(part, "gone") == 0;
    cr_expect(strcmp(part, "user") != 0 || fake.parts[1].len == 0, "order");
    buf_add_str(&fake.parts[strcmp(part, "user") != 0], text);
    fake.last = value_as_int(value_at(args, 3), 0) == 1;
    fake.pieces++;
    fake.largest = text.len > fake.largest ? text.len : fake.largest;
    fake.result = result;
    fake.user = user;
    value_free(args);
}

static struct editor_ops fake_ops = {fake_call, NULL, 8192};

static void
fake_reset(size_t max)
{
    buf_finish(&fake.parts[0]);
    buf_finish(&fake.parts[1]);
    memset(&fake, 0, sizeof fake);
    buf_init(&fake.parts[0], DC_REQUEST_MAX);
    buf_init(&fake.parts[1], DC_REQUEST_MAX);
    fake.base.ops = &fake_ops;
    fake_ops.text_max = max;
}

static void
answer(int64_t word, const char *error)
{
    editor_result_fn *result = fake.result;
    struct value *v = value_int(word);
    cr_assert(result != NULL);
    fake.result = NULL;
    result(fake.user, v, error);
    value_free(v);
}

static void
answer_all(void)
{
    while (fake.result != NULL)
        answer(1, NULL);
}

static void
setup(void)
{
    home = tmpdir_new();
    host = (struct host){.lp = loop_new(), .editor = &fake.base};
    host.resume = resume_new(&host);
    fake_reset(8192);
}

static void
teardown(void)
{
    resume_free(host.resume);
    loop_free(host.lp);
    fake_reset(0);
    tmpdir_free(home);
}

/* ---- journals ------------------------------------------------------------ */

static struct journal *
begin_journal(const char *user)
{
    struct journal_head head = {"/c", "/", "m", str_of(user)};
    struct journal *j = journal_new(home, &head, NULL);
    cr_assert(j != NULL);
    return j;
}

/* Path of the only journal; owned (free). */
static char *
only(void)
{
    size_t count;
    char **names = journal_names(home, &count);
    cr_assert_eq(count, 1);
    char *name = mem_str(names[0]);
    journal_names_free(names, count);
    return name;
}

static void
expect_part(size_t part, const char *want, size_t max)
{
    size_t len = strlen(want);
    cr_expect(fake.parts[part].len == len &&
                  (len == 0 || memcmp(fake.parts[part].ptr, want, len) == 0),
              "%zu bytes at a time: %.*s", max, (int)fake.parts[part].len,
              fake.parts[part].ptr);
}

/* ---- tests --------------------------------------------------------------- */

/* Pieces of every size, also cut in the middle of characters. */
Test(resume_fetch, every_size, .init = setup, .fini = teardown)
{
    static const char user[] = "Say \xf0\x9f\x98\x80\nthat";
    static const char turns[] =
        "%% reasoning\n\nhm\n\n%% assistant finish=stop in=1\n\n"
        "\xc3\xa4\xe2\x82\xac\n%%% user\n\n";
    struct journal *j = begin_journal(user);
    journal_reasoning(j, str_of("hm"), NULL);
    journal_text(j, str_of("\xc3\xa4\xe2\x82\xac\n%% user"), NULL);
    journal_end(j, "stop", " finish=stop in=1", NULL);
    journal_close(j);
    char *name = only();
    for (size_t max = 4; max < sizeof turns + 2; max++) {
        fake_reset(max);
        resume_fetch(host.resume, name);
        answer_all();
        expect_part(0, user, max);
        expect_part(1, turns, max);
        cr_expect(fake.last && fake.largest <= max, "%zu", max);
        cr_expect_geq(fake.pieces, 2);
    }
    free(name);
}

/* n > 1: the others stand above the first as alternates. */
Test(resume_fetch, every_answer, .init = setup, .fini = teardown)
{
    static const char turns[] =
        "%% alternate finish=length\n\nb\n%%% user\n\n"
        "%% alternate\n\n%%% reasoning\n\nhm\n%%%% note\n\n"
        "%%% assistant finish=stop\n\nc\n%%%% user\n\n"
        "%% alternate finish=interrupted\n\nd\n\n"
        "%% reasoning\n\nso\n\n%% assistant finish=stop in=1\n\na\n\n";
    struct journal *j = begin_journal("Say");
    journal_choice(j, 1, DC_DELTA_TEXT, str_of("b\n%% user"), NULL);
    journal_choice(j, 2, DC_DELTA_REASONING, str_of("hm\n%% note"), NULL);
    journal_choice(j, 7, DC_DELTA_TEXT, str_of("d"), NULL);
    journal_choice(j, 2, DC_DELTA_TEXT, str_of("c\n%% user"), NULL);
    journal_reasoning(j, str_of("so"), NULL);
    journal_text(j, str_of("a"), NULL);
    journal_choice_end(j, 1, " finish=length", NULL);
    journal_choice_end(j, 2, " finish=stop", NULL);
    journal_end(j, "stop", " finish=stop in=1", NULL);
    journal_close(j);
    char *name = only();
    resume_fetch(host.resume, name);
    answer_all();
    expect_part(0, "Say", 0);
    expect_part(1, turns, 0);
    free(name);
}

Test(resume_fetch, unfinished_without_a_question, .init = setup,
     .fini = teardown)
{
    struct journal *j = begin_journal("");
    journal_text(j, str_of("Part"), NULL);
    journal_close(j);
    char *name = only();
    resume_fetch(host.resume, name);
    answer_all();
    expect_part(0, "", 0);
    expect_part(1, "%% assistant finish=interrupted\n\nPart\n\n", 0);
    cr_expect(fake.last);
    cr_expect_eq(fake.pieces, 1);
    free(name);
}

/* The largest reply there can be. */
Test(resume_fetch, sixteen_megabytes, .init = setup, .fini = teardown)
{
    struct journal *j = begin_journal("Say");
    struct buf text;
    buf_init(&text, DC_REPLY_MAX);
    while (text.len + 16 <= DC_REPLY_MAX)
        buf_add_text(&text, "sixteen letters\n");
    cr_assert(journal_text(j, buf_str(&text), NULL));
    journal_close(j);
    char *name = only();
    resume_fetch(host.resume, name);
    answer_all();
    cr_expect(fake.last);
    cr_expect_geq(fake.pieces, DC_REPLY_MAX / 8192);
    size_t skip = strlen("%% assistant finish=interrupted\n\n");
    cr_assert_geq(fake.parts[1].len, skip + text.len);
    cr_expect_eq(memcmp(fake.parts[1].ptr + skip, text.ptr, text.len), 0);
    buf_finish(&text);
    free(name);
}

/* An editor that has no use for it, fails, or never answers. */
Test(resume_fetch, broken_off, .init = setup, .fini = teardown)
{
    static const struct {
        int64_t word;
        const char *error;
    } answers[] = {{0, NULL}, {1, "E523"}};
    struct journal *j = begin_journal("Say");
    journal_text(j, str_of("a longer text"), NULL);
    journal_close(j);
    char *name = only();
    for (size_t i = 0; i < 2; i++) {
        fake_reset(4);
        resume_fetch(host.resume, name);
        answer(1, NULL);
        answer(answers[i].word, answers[i].error);
        cr_expect(fake.result == NULL && !fake.last);
        cr_expect_eq(fake.pieces, 2);
    }
    fake_reset(4);
    resume_fetch(host.resume, name);
    editor_result_fn *result = fake.result;
    void *user = fake.user;
    fake_reset(8192);
    resume_fetch(host.resume, name); /* a second while the first waits */
    answer_all();
    cr_expect(fake.last);
    fake_reset(4);
    result(user, NULL, NULL); /* an answer that is none */
    resume_fetch(host.resume, name);
    answer(1, NULL); /* the rest goes with the host */
    free(name);
}

Test(resume_fetch, gone, .init = setup, .fini = teardown)
{
    struct journal *j = begin_journal("Say");
    journal_text(j, str_of("text"), NULL);
    char *held = only();
    char *other = temp_path(home, "x.txt"), *none = temp_path(home, "journal");
    temp_write(other, "text", 4);
    const char *files[] = {held, held, other, none, ""};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fake_reset(8192);
        resume_fetch(host.resume, files[i]);
        cr_expect_eq(fake.gone, 1, "%s", files[i]);
        cr_expect(fake.result == NULL && fake.last);
        journal_detached(j, NULL); /* still coming in, from now on */
    }
    char *text = temp_read(other, NULL);
    cr_expect_str_eq(text, "text", "a file that is no journal");
    journal_remove(j);
    free(text);
    free(held);
    free(other);
    free(none);
}
