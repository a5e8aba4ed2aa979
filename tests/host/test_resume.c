/* What :DeepResume is told of, how a reply gets to the editor, and that no
 * journal goes whose reply is in no chat. The editor is a list of calls. */
#include "host/resume.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/journal.h"
#include "lib/tmpdir.h"

TestSuite(resume, .timeout = 30);

/* ---- the editor ---------------------------------------------------------- */

enum { CALLS_MAX = 500 };

struct call {
    const char *function;
    struct value *args;
    editor_result_fn *result;
    void *user;
};

static struct {
    struct editor base;
    struct call calls[CALLS_MAX];
    size_t count;
} fake;

static struct host host;
static char *home, *chat_path;

static void
fake_call(struct editor *ed, const char *function, struct value *args,
          editor_result_fn *result, void *user)
{
    (void)ed;
    cr_assert(fake.count < CALLS_MAX);
    fake.calls[fake.count++] = (struct call){function, args, result, user};
}

static struct editor_ops fake_ops = {fake_call, NULL, 8192};

static void
fake_clear(void)
{
    while (fake.count > 0)
        value_free(fake.calls[--fake.count].args);
}

static struct call *
only_call(const char *function)
{
    cr_assert_eq(fake.count, 1, "%zu calls", fake.count);
    cr_expect_str_eq(fake.calls[0].function, function);
    return &fake.calls[0];
}

static void
setup(void)
{
    home = tmpdir_new();
    chat_path = temp_path(home, "a.deepchat.md");
    fake.base.ops = &fake_ops;
    fake_ops.text_max = 8192;
    host = (struct host){.lp = loop_new(), .editor = &fake.base};
    host.resume = resume_new(&host);
}

static void
teardown(void)
{
    fake_clear();
    resume_free(host.resume);
    loop_free(host.lp);
    free(chat_path);
    tmpdir_free(home);
}

/* ---- journals ------------------------------------------------------------ */

static char *
journal_dir(void)
{
    return temp_path(home, "journal");
}

/* One that is still being written. */
static struct journal *
begin_journal(const char *user, const char *text, const char *reasoning)
{
    char *dir = journal_dir();
    struct journal_head head = {chat_path, home, "m", str_of(user)};
    struct journal *j = journal_new(dir, &head, NULL);
    cr_assert(j != NULL);
    cr_assert(journal_reasoning(j, str_of(reasoning), NULL));
    cr_assert(journal_text(j, str_of(text), NULL));
    free(dir);
    return j;
}

static void
add_journal(const char *text, const char *reasoning)
{
    journal_close(begin_journal("Say", text, reasoning));
}

static size_t
journals(const char *suffix)
{
    char *dir = journal_dir();
    size_t count = tmpdir_count(dir, suffix);
    free(dir);
    return count;
}

/* Path of the newest journal; owned (free). */
static char *
newest(void)
{
    size_t count;
    char *dir = journal_dir(), **names = journal_names(dir, &count);
    cr_assert(count > 0);
    char *name = mem_str(names[0]);
    journal_names_free(names, count);
    free(dir);
    return name;
}

static void
tear(void)
{
    char *name = newest();
    int fd = open(name, O_WRONLY | O_APPEND);
    cr_assert_eq(write(fd, "t 500 00000000\nhalf", 19), 19);
    close(fd);
    free(name);
}

/* ---- what is offered ----------------------------------------------------- */

#define CHAT(turns) "%% user\n\nSay\n\n" turns "%% user\n\n\n"
#define ANSWER(text) "%% assistant finish=stop\n\n" text "\n\n"

static const struct {
    const char *name, *text, *reasoning;
    const char *chat; /* NULL: no such file */
    bool torn, offered;
    const char *left; /* how the file is called then; "": it is gone */
} cases[] = {
    {"saved", "One\n\ntwo", "", CHAT(ANSWER("One\n\ntwo")), false, false, ""},
    {"saved with CR LF", "One\ntwo", "",
     "%% user\r\n\r\nSay\r\n\r\n%% assistant\r\n\r\nOne\r\ntwo\r\n", false,
     false, ""},
    {"blanks around it", "\n One \n\n", "", CHAT(ANSWER("One")), false, false,
     ""},
    {"a marker in it", "%% user\n%%% user", "",
     CHAT(ANSWER("%%% user\n%%%% user")), false, false, ""},
    {"an older turn", "One", "", CHAT(ANSWER("One") "%% user\n\nMore\n\n"),
     false, false, ""},
    {"words of the user", "Say", "", CHAT(""), false, true, ".journal"},
    {"in an alternate", "One", "",
     CHAT("%% alternate\n\n%%% assistant\n\nOne\n\n" ANSWER("Two")), false,
     true, ".journal"},
    {"alternate alone", "One", "", CHAT("%% alternate\n\nOne\n\n"), false, true,
     ".journal"},
    {"in a note", "One", "", CHAT("%% note\n\nOne\n\n"), false, true,
     ".journal"},
    {"part of another", "One", "", CHAT(ANSWER("One two")), false, true,
     ".journal"},
    {"more than the chat has", "One two", "", CHAT(ANSWER("One")), false, true,
     ".journal"},
    {"JSON, laid out", "{\"a\":1}\n", "",
     CHAT(ANSWER("```json\n{\n  \"a\": 1\n}\n```")), false, false, ""},
    {"other JSON", "{\"a\":2}", "",
     CHAT(ANSWER("```json\n{\n  \"a\": 1\n}\n```")), false, true, ".journal"},
    {"same length", "One", "", CHAT(ANSWER("Two")), false, true, ".journal"},
    {"no chat", "One", "", NULL, false, true, ".journal"},
    {"empty chat", "One", "", "", false, true, ".journal"},
    {"not a chat", "One", "", "---\nmodel: m\nOne\n", false, true, ".journal"},
    {"nothing came", "", "", CHAT(""), false, false, ""},
    {"nothing came, no chat", "", "", NULL, false, false, ""},
    {"blanks only", " \n", "", CHAT(""), false, false, ""},
    {"reasoning only", "", "Hm", CHAT(""), false, true, ".journal"},
    {"reasoning saved", "", "Hm", CHAT("%% reasoning\n\nHm\n\n" ANSWER("")),
     false, false, ""},
    {"reasoning as an answer", "", "Hm", CHAT(ANSWER("Hm")), false, true,
     ".journal"},
    {"answer as reasoning", "Hm", "", CHAT("%% reasoning\n\nHm\n\n"), false,
     true, ".journal"},
    {"both saved", "One", "Hm", CHAT("%% reasoning\n\nHm\n\n" ANSWER("One")),
     false, false, ""},
    {"reasoning missing", "One", "Hm", CHAT(ANSWER("One")), false, true,
     ".journal"},
    {"answer missing", "One", "Hm", CHAT("%% reasoning\n\nHm\n\n"), false, true,
     ".journal"},
    {"torn, no text", "", "", CHAT(""), true, false, ".bad"},
    {"torn, saved", "One", "", CHAT(ANSWER("One")), true, false, ".bad"},
    {"torn, not saved", "One", "", CHAT(""), true, true, ".journal"},
};

static void
check_listed(size_t i)
{
    const char *name = cases[i].name;
    resume_list(host.resume, home);
    struct call *call = only_call("deepchat#resume#show");
    const struct value *page = value_at(call->args, 0);
    cr_expect_eq(page->count, cases[i].offered, "%s: listed", name);
    cr_expect_eq(value_as_int(value_at(call->args, 1), 1), 0, "%s", name);
    if (page->count == 1)
        cr_expect_eq(value_as_int(value_get(page->items[0], "bytes"), -1),
                     (int64_t)strlen(cases[i].text), "%s", name);
    fake_clear();
}

static void
turn_until_call(void)
{
    for (int i = 0; fake.count == 0 && i < 100; i++)
        loop_turn(host.lp, 10);
}

static void
expect_orphans(int64_t count, const char *name)
{
    resume_count(host.resume, home);
    cr_expect_eq(fake.count, 0, "%s: before the loop had a turn", name);
    turn_until_call();
    struct call *call = only_call("deepchat#host#orphans");
    cr_expect_eq(value_as_int(value_at(call->args, 0), -1), count, "%s", name);
    cr_expect((value_as_int(value_at(call->args, 1), 0) > 0) == (count > 0),
              "%s", name);
    fake_clear();
}

static void
make_case(size_t i)
{
    add_journal(cases[i].text, cases[i].reasoning);
    if (cases[i].torn)
        tear();
    if (cases[i].chat != NULL)
        temp_write(chat_path, cases[i].chat, strlen(cases[i].chat));
}

static void
drop_case(size_t i)
{
    const char *left = cases[i].left;
    cr_expect_eq(journals(""), left[0] != '\0', "%s", cases[i].name);
    cr_expect_eq(journals(left), left[0] != '\0', "%s", cases[i].name);
    char *dir = journal_dir();
    unlink(chat_path);
    tmpdir_free(dir);
}

Test(resume, offered_or_not, .init = setup, .fini = teardown)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_case(i);
        check_listed(i);
        drop_case(i);
        make_case(i);
        expect_orphans(cases[i].offered, cases[i].name);
        drop_case(i);
    }
}

/* ---- n > 1 ---- */

#define B "%% alternate finish=stop\n\nb\n\n"
#define C                                                                      \
    "%% alternate\n\n%%% reasoning\n\nhm\n\n"                                  \
    "%%% assistant finish=interrupted\n\nc\n\n"

static const struct {
    const char *name, *chat;
    bool offered;
} answers[] = {
    {"all", CHAT(B C ANSWER("a")), false},
    {"not the last", CHAT(B ANSWER("a")), true},
    {"without its reasoning",
     CHAT(B "%% alternate finish=interrupted\n\nc\n\n" ANSWER("a")), true},
    {"not the first", CHAT(B C ANSWER("")), true},
    {"one in place of the first", CHAT("%% alternate\n\na\n\n" C ANSWER("b")),
     true},
    {"none", CHAT(""), true},
};

static void
add_answers(const char *text)
{
    struct journal *j = begin_journal("Say", text, "");
    journal_choice(j, 2, DC_DELTA_REASONING, str_of("hm"), NULL);
    journal_choice(j, 1, DC_DELTA_TEXT, str_of("b"), NULL);
    journal_choice(j, 2, DC_DELTA_TEXT, str_of("c"), NULL);
    journal_choice_end(j, 1, " finish=stop", NULL);
    journal_close(j);
}

Test(resume, every_answer_counts, .init = setup, .fini = teardown)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        add_answers("a");
        temp_write(chat_path, answers[i].chat, strlen(answers[i].chat));
        resume_list(host.resume, home);
        const struct value *page =
            value_at(only_call("deepchat#resume#show")->args, 0);
        cr_assert_eq(page->count, answers[i].offered, "%s", answers[i].name);
        if (page->count == 1)
            cr_expect_eq(value_as_int(value_get(page->items[0], "bytes"), 0),
                         3);
        fake_clear();
        cr_expect_eq(journals(".journal"), answers[i].offered);
        char *dir = journal_dir();
        tmpdir_free(dir);
    }
    unlink(chat_path);
    add_answers("");
    expect_orphans(1, "the first is empty");
}

/* ---- how many ------------------------------------------------------------ */

Test(resume, count_leaves_out, .init = setup, .fini = teardown)
{
    expect_orphans(0, "no directory");
    struct journal *held = begin_journal("Say", "mine", "");
    expect_orphans(0, "another editor's");
    cr_assert(journal_detached(held, NULL));
    expect_orphans(0, "still coming in");
    struct journal *undone = begin_journal("Say", "undone", "");
    journal_end(undone, "stopped", "", NULL);
    journal_lost(undone, "undone", NULL);
    journal_close(undone);
    expect_orphans(0, "taken out by the user");
    add_journal("one", "");
    add_journal("two", "");
    expect_orphans(2, "two of four");
    journal_close(held);
    expect_orphans(3, "its end has come");

    resume_list(host.resume, home);
    const struct value *page =
        value_at(only_call("deepchat#resume#show")->args, 0);
    cr_assert_eq(page->count, 4);
    cr_expect_str_eq(value_as_text(value_get(page->items[2], "lost"), ""),
                     "undone");
}

/* Each round of the loop reads one, and the rest waits. */
Test(resume, count_goes_on_and_ends, .init = setup, .fini = teardown)
{
    for (int i = 0; i < 10; i++)
        add_journal("text", "");
    resume_count(host.resume, home);
    for (int i = 0; i < 5; i++)
        loop_turn(host.lp, 10);
    cr_expect_eq(fake.count, 0, "all in a few rounds");
    resume_count(host.resume, home);
    turn_until_call();
    cr_expect_eq(
        value_as_int(value_at(only_call("deepchat#host#orphans")->args, 0), -1),
        10, "begun anew");
    fake_clear();
    resume_count(host.resume, home);
    loop_turn(host.lp, 10);
    host.editor = NULL;
    for (int i = 0; i < 20; i++)
        loop_turn(host.lp, 1);
    cr_expect_eq(fake.count, 0, "the editor is gone");
    host.editor = &fake.base;
    resume_count(host.resume, NULL);
    turn_until_call();
    cr_expect_eq(fake.count, 1, "no directory at all");
    resume_count(host.resume, home); /* freed in the middle */
}

/* ---- the list ------------------------------------------------------------ */

/* All pages are of a size that the editor takes, in order, and end. */
static void
check_pages(size_t max, size_t entries)
{
    size_t seen = 0;
    char before[512] = "~";
    fake_ops.text_max = max;
    resume_list(host.resume, home);
    for (size_t i = 0; i < fake.count; i++) {
        const struct value *page = value_at(fake.calls[i].args, 0);
        bool more = value_as_bool(value_at(fake.calls[i].args, 1), false);
        cr_expect_eq(more, i + 1 < fake.count, "page %zu", i);
        cr_expect(page->count == 1 || page->count * 500 < max, "%zu in %zu",
                  page->count, max);
        for (size_t k = 0; k < page->count; k++, seen++) {
            const char *file =
                value_as_text(value_get(page->items[k], "file"), "");
            cr_expect(strcmp(file, before) < 0, "%s", file);
            snprintf(before, sizeof before, "%s", file);
        }
    }
    cr_expect_eq(seen, entries, "%zu of %zu", seen, entries);
    fake_clear();
}

Test(resume, list_in_pages, .init = setup, .fini = teardown)
{
    check_pages(8192, 0);
    for (int i = 0; i < 40; i++)
        add_journal("text", "");
    static const size_t sizes[] = {1, 1500, 8192, 1 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_pages(sizes[i], 40);
}

static const struct {
    const char *user, *want;
} questions[] = {
    {"Say", "Say"}, {"\n\n  Say it\nMore", "Say it"}, {"", ""},
    {" \n", ""},    {"\xc3\xa4", "\xc3\xa4"},
};

Test(resume, list_says_what_was_asked, .init = setup, .fini = teardown)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        journal_close(begin_journal(questions[i].user, "text", ""));
        resume_list(host.resume, home);
        const struct value *e = value_at(value_at(fake.calls[0].args, 0), 0);
        cr_expect_str_eq(value_as_text(value_get(e, "question"), "?"),
                         questions[i].want);
        cr_expect_str_eq(value_as_text(value_get(e, "finish"), ""),
                         "interrupted");
        fake_clear();
    }
    char line[601];
    for (size_t i = 0; i < 300; i++)
        snprintf(line + 2 * i, 3, "\xc3\xa4");
    journal_close(begin_journal(line, "text", ""));
    resume_list(host.resume, home);
    const struct value *e = value_at(value_at(fake.calls[0].args, 0), 0);
    cr_expect_eq(value_as_str(value_get(e, "question")).len, 200);
}

Test(resume, list_names_what_still_comes, .init = setup, .fini = teardown)
{
    struct journal *j = begin_journal("Say", "so far", "");
    journal_detached(j, NULL);
    resume_list(host.resume, home);
    const struct value *e =
        value_at(value_at(only_call("deepchat#resume#show")->args, 0), 0);
    cr_expect_eq(value_as_int(value_get(e, "writing"), 0), 1);
    cr_expect_eq(value_as_int(value_get(e, "bytes"), 0), 6);
    journal_remove(j);
}
