/* Where a restored reply goes, and that nothing of the user's goes with it;
 * one that is larger than any message. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(resume_place, .timeout = 120);

#define JOURNAL ".journal"
#define CHAT ".deepchat.md"
#define HEAD "---\nmodel: m\n---\n\n"
#define ASKED HEAD "%% user\n\nSay\n\n"
#define ANSWER "%% assistant finish=stop in=3 out=5 cost=0.5\n\nHello world\n\n"

static const char script[] = "token Hello\nhold g\ntoken \\x20world\n"
                             "finish stop 3 5 0.5\ndone\n";

/* ---- a chat whose editor was killed -------------------------------------- */

/* Its path; owned (free). */
static char *
crash(struct wreck *w, const char *question)
{
    wreck_ask(w, question);
    cr_assert(server_wait_held(w->sv, "g", 1, WRECK_MS));
    cr_assert(wreck_shows(w, "Hello"));
    char *path = wreck_find(w, CHAT);
    cr_assert(path != NULL);
    pid_t host = wreck_kill_editor(w);
    server_release_next(w->sv, "g", 1);
    cr_assert(wreck_gone(host, WRECK_MS));
    return path;
}

static const struct {
    const char *name, *file, *want;
} places[] = {
    {"as it was left", ASKED "%% assistant\n\n\n\n%% user\n\n",
     ASKED ANSWER "%% user\n\n\n"},
    {"a part of it", ASKED "%% assistant\n\nHello w\n\n%% user\n\n",
     ASKED ANSWER "%% user\n\n\n"},
    {"a draft below", ASKED "%% assistant\n\n\n\n%% user\n\nMy draft\n",
     ASKED ANSWER "%% user\n\nMy draft\n"},
    {"a draft of the reply's words",
     ASKED "%% assistant\n\nHello\n\n%% user\n\nHello\n",
     ASKED ANSWER "%% user\n\nHello\n"},
    {"no answer yet, a draft", ASKED "%% user\n\nMore\n",
     ASKED ANSWER "%% user\n\nMore\n"},
    {"words in an alternate",
     ASKED "%% alternate\n\nHello world\n\n%% assistant\n\n\n\n%% user\n\n",
     ASKED "%% alternate\n\nHello world\n\n" ANSWER "%% user\n\n\n"},
    {"another answer with its words",
     ASKED "%% assistant\n\nwe say Hello world here\n\n%% user\n\n",
     ASKED ANSWER "%% assistant\n\nwe say Hello world here\n\n%% user\n\n"},
    {"the middle of it in an answer",
     ASKED "%% assistant\n\nworld\n\n%% user\n\n",
     ASKED ANSWER "%% assistant\n\nworld\n\n%% user\n\n"},
    {"the question is gone, a draft", HEAD "%% user\n\nOther\n",
     ASKED ANSWER "%% user\n\nOther\n"},
    {"the question is gone", HEAD "%% user\n\nOther\n\n%% assistant\n\nYes\n",
     HEAD "%% user\n\nOther\n\n%% assistant\n\nYes\n\n%% user\n\nSay\n\n" ANSWER
          "%% user\n\n\n"},
    {"an empty chat", HEAD "%% user\n\n", ASKED ANSWER "%% user\n\n\n"},
    {"asked twice, the last counts",
     ASKED "%% assistant\n\nOld\n\n%% user\n\nSay\n\n%% assistant\n\n\n\n"
           "%% user\n\n",
     ASKED "%% assistant\n\nOld\n\n%% user\n\nSay\n\n" ANSWER "%% user\n\n\n"},
};

/* The same journal for each, put back after it was taken. */
static void
check_place(struct wreck *w, size_t i, const char *path, const char *journal,
            struct dc_str bytes)
{
    const char *name = places[i].name;
    temp_write(path, places[i].file, strlen(places[i].file));
    temp_write(journal, bytes.ptr, bytes.len);
    wreck_resume(w);
    cr_expect(wreck_said(w, "restored 11 bytes"), "%s", name);
    WAIT_FOR(wreck_count(w, JOURNAL) == 0, WRECK_MS);
    char *text = temp_read(path, NULL);
    cr_expect_str_eq(text, places[i].want, "%s: <%s>", name, text);
    cr_expect_eq(wreck_count(w, JOURNAL), 0, "%s: a journal is left", name);
    ed_ex(w->ed, "bwipeout!");
    free(text);
}

Test(resume_place, table)
{
    struct wreck w;
    struct dc_str bytes;
    wreck_start(&w, script, "");
    char *path = crash(&w, "Say"), *journal = wreck_find(&w, JOURNAL);
    cr_assert(journal != NULL);
    bytes.ptr = temp_read(journal, &bytes.len);
    wreck_editor(&w);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        check_place(&w, i, path, journal, bytes);
    free((void *)(uintptr_t)bytes.ptr);
    free(journal);
    free(path);
    wreck_stop(&w);
}

/* A question with a line that would open a turn. */
Test(resume_place, escaped_question)
{
    struct wreck w;
    wreck_start(&w, script, "");
    char *path = crash(&w, "%% user");
    wreck_editor(&w);
    wreck_resume(&w);
    WAIT_FOR(wreck_count(&w, JOURNAL) == 0, WRECK_MS);
    char *text = temp_read(path, NULL);
    cr_expect_str_eq(text,
                     HEAD "%% user\n\n%%% user\n\n" ANSWER "%% user\n\n\n");
    free(text);
    remove(path);

    server_reset(w.sv);
    free(path);
    path = crash(&w, "%% note");
    remove(path);
    wreck_editor(&w);
    wreck_resume(&w);
    cr_expect(wreck_shows(&w, "%% user\\n\\n%%% note\\n\\n%% assistant"));
    free(path);
    wreck_stop(&w);
}

/* ---- large --------------------------------------------------------------- */

enum { LINES = 600, LINE = 8000 };

/* Lines of two-byte characters and signs: over 4 MiB. */
static char *
large_script(void)
{
    struct buf text;
    buf_init(&text, 2 * LINE);
    buf_addf(&text, "token Hello\\n\nhold g\nrepeat %d token ", LINES);
    for (int i = 0; i < LINE / 16; i++)
        buf_add_text(&text, "%{x}<y>&a \xc3\xa4 b'c");
    buf_add_text(&text, "\\n\nfinish stop 3 5\ndone\n");
    return buf_take(&text, NULL);
}

Test(resume_place, over_four_megabytes)
{
    struct wreck w;
    char *text = large_script();
    wreck_start(&w, text, "");
    char *path = crash(&w, "Say");
    wreck_editor(&w);
    ed_ex(w.ed, "messages clear | DeepResume");
    cr_assert(ed_wait(w.ed, 60000, "execute('messages') =~# 'restored 48'"));
    wreck_expect_all(&w, "large");
    WAIT_FOR(wreck_count(&w, JOURNAL) == 0, WRECK_MS);
    cr_expect_eq(wreck_count(&w, JOURNAL), 0);
    free(path);
    free(text);
    wreck_stop(&w);
}

/* ---- who has it ---------------------------------------------------------- */

Test(resume_place, pid_is_the_editors)
{
    struct wreck w;
    char line[64];
    wreck_start(&w, "token Fine\nfinish stop\ndone\n", "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_shows(&w, "Fine"));
    cr_assert(wreck_idle(&w));
    char *path = wreck_find(&w, CHAT);
    cr_assert(path != NULL);
    struct ed *first = w.ed;
    wreck_editor(&w);
    ed_ex(w.ed, "edit %s", path);
    snprintf(line, sizeof line, "open in another editor (pid %ld)",
             (long)ed_pid(first));
    cr_expect(wreck_said(&w, line), "%s", line);
    ed_stop(first);
    free(path);
    wreck_stop(&w);
}
