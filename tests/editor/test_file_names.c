/* The names that the user gives to a chat: :write to another file, :saveas,
 * :file, and where the lock is then. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "lib/proc.h"
#include "lib/wreck.h"

TestSuite(file_names, .timeout = 60);

#define CHAT ".deepchat.md"

static const char script[] = "token Fine.\nfinish stop 1 2 0.5\ndone\n";

static void
expect_current(struct ed *ed, const char *pattern, const char *name)
{
    char *file = ed_eval(ed, "expand('%%:p')");
    cr_expect(ed_wait(ed, WRECK_MS, "expand('%%:p') =~# '%s'", pattern),
              "%s: %s is not %s", name, file, pattern);
    free(file);
}

/* A copy is no save of the chat; a new chat takes the name. */
Test(file_names, written_elsewhere)
{
    struct wreck w;
    wreck_start(&w, script, "'autosave': 0");
    ed_ex(w.ed, "DeepChat!");
    ed_ex(w.ed, "call deepchat#send({'text': 'Say'})");
    cr_assert(server_wait_requests(w.sv, 1, WRECK_MS));
    cr_assert(wreck_idle(&w));
    ed_ex(w.ed, "1,2write $HOME/part" CHAT);
    expect_current(w.ed, "^deepchat://", "a part gives no name");
    ed_ex(w.ed, "write $HOME/mine" CHAT);
    expect_current(w.ed, "/mine" CHAT "$", "the name given");
    cr_expect(ed_wait(w.ed, WRECK_MS, "!&modified"));
    cr_expect(ed_number(w.ed, "getfperm(expand('%%:p')) ==# 'rw-------'"));
    WAIT_FOR(wreck_count(&w, ".lock") == 1, WRECK_MS);
    cr_expect_eq(wreck_count(&w, ".lock"), 1, "it is locked");
    WAIT_FOR(wreck_count(&w, ".journal") == 0, WRECK_MS);
    cr_expect_eq(wreck_count(&w, ".journal"), 0, "it is saved");

    ed_ex(w.ed, "call deepchat#send({'text': 'More'})");
    cr_assert(server_wait_requests(w.sv, 2, WRECK_MS));
    cr_assert(wreck_idle(&w));
    ed_ex(w.ed, "write $HOME/copy" CHAT);
    expect_current(w.ed, "/mine" CHAT "$", "a copy gives no name");
    wreck_resume(&w);
    cr_expect_eq(wreck_count(&w, ".journal"), 1, "a copy is no save");
    wreck_stop(&w);
}

/* The lock goes along with the name. */
Test(file_names, another_name)
{
    static const char *const ways[] = {
        "saveas $HOME/new" CHAT,
        "file $HOME/new" CHAT " | write",
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct wreck w;
        char *path = wreck_chat(&w);
        struct ed *first = w.ed, *ed = wreck_second(&w);
        ed_ex(first, "%s", ways[i]);
        /* what the host answers now comes behind the lock */
        wreck_resume(&w);
        ed_ex(ed, "edit $HOME/new" CHAT);
        cr_expect(ed_wait(ed, WRECK_MS, "&readonly"), "%s: new", ways[i]);
        ed_ex(ed, "edit %s", path);
        ed_ex(ed, "call deepchat#send({'text': 'Mine'})");
        cr_expect(server_wait_requests(w.sv, 2, WRECK_MS), "%s: old", ways[i]);
        cr_expect(ed_wait(ed, WRECK_MS, "!deepchat#buf#any_running()"));
        ed_stop(ed);
        free(path);
        wreck_stop(&w);
    }
}
