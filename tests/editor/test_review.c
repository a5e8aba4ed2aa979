/* Deciding about hunks, and what becomes of them while the user edits. */
#include "review_stage.h"

/* Lines 3 to 8 of 10; a change, an addition, a deletion. */
#define HUNKS                                                                  \
    "[[1, 1, ['LINE 4', 'more'], [[0, 0, 4]], [[0, 0, 4]]], "                  \
    "[4, 0, ['added'], [], []], [5, 1, [], [], []]]"

#define ALL                                                                    \
    "line 1|line 2|line 3|LINE 4|more|line 5|line 6|added|line 7|line 9|"      \
    "line 10"

static void
review(void)
{
    text_of(10);
    ed_ex(ed, "let g:r = Review(3, 8, " HUNKS ")");
}

/* ---- accept, undo, redo ---- */

/* From a fresh review on: a command at a line, then what is there. */
static const struct {
    const char *name, *command, *states, *line, *text;
} ways[] = {
    {"the first", "4 | DeepAccept", "accepted pending pending", "7",
     "line 1|line 2|line 3|LINE 4|more|line 5|line 6|line 7|line 8|line 9|"
     "line 10"},
    {"an addition, at the line above", "6 | DeepAccept",
     "pending accepted pending", "9",
     "line 1|line 2|line 3|line 4|line 5|line 6|added|line 7|line 8|line 9|"
     "line 10"},
    {"an addition, at the line below", "7 | DeepAccept",
     "pending accepted pending", "9",
     "line 1|line 2|line 3|line 4|line 5|line 6|added|line 7|line 8|line 9|"
     "line 10"},
    {"the last, and round", "8 | DeepAccept", "pending pending accepted", "4",
     "line 1|line 2|line 3|line 4|line 5|line 6|line 7|line 9|line 10"},
    {"a range", "5,8DeepAccept", "pending accepted accepted", "4",
     "line 1|line 2|line 3|line 4|line 5|line 6|added|line 7|line 9|line 10"},
    {"all", "1 | DeepAccept!", "accepted accepted accepted", "1", ALL},
    {"rejected", "4 | DeepReject", "rejected pending pending", "6",
     "line 1|line 2|line 3|line 4|line 5|line 6|line 7|line 8|line 9|line 10"},
    {"a range rejected", "1,6DeepReject", "rejected rejected pending", "8",
     "line 1|line 2|line 3|line 4|line 5|line 6|line 7|line 8|line 9|line 10"},
    {"all rejected", "1 | DeepReject!", "rejected rejected rejected", "1",
     "line 1|line 2|line 3|line 4|line 5|line 6|line 7|line 8|line 9|line 10"},
    {"nothing there", "10 | DeepAccept", "pending pending pending", "10",
     "line 1|line 2|line 3|line 4|line 5|line 6|line 7|line 8|line 9|line 10"},
};

Test(review, taking_hunks, .timeout = 60)
{
    start();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        review();
        long seq = ed_number(ed, "undotree().seq_cur");
        ed_ex(ed, "%s", ways[i].command);
        expect(ways[i].name, "States(g:r)", ways[i].states);
        expect(ways[i].name, "line('.')", ways[i].line);
        expect_text(ways[i].name, ways[i].text);
        bool edits = strstr(ways[i].states, "accepted") != NULL;
        cr_expect_eq(ed_number(ed, "undotree().seq_cur"), seq + edits, "%s",
                     ways[i].name);
        if (!edits)
            continue;
        ed_ex(ed, "undo");
        expect(ways[i].name, "States(g:r)", "pending pending pending");
        expect_text(ways[i].name, "line 1|line 2|line 3|line 4|line 5|line 6|"
                                  "line 7|line 8|line 9|line 10");
        ed_ex(ed, "redo");
        expect(ways[i].name, "States(g:r)", ways[i].states);
        expect_text(ways[i].name, ways[i].text);
    }
    ed_stop(ed);
}

/* ---- the user's edits ---- */

static const struct {
    const char *name, *edit, *states, *text; /* text after DeepAccept! */
    const char *said;
} edits[] = {
    {"above", "call append(0, ['x', 'y'])", "pending pending pending",
     "x|y|" ALL, ""},
    {"below", "call append(10, 'x')", "pending pending pending", ALL "|x", ""},
    {"between", "call append(4, 'x')", "pending pending pending",
     "line 1|line 2|line 3|LINE 4|more|x|line 5|line 6|added|line 7|line 9|"
     "line 10",
     ""},
    {"beside", "call setline(3, 'x') | call setline(5, 'y')",
     "pending pending pending",
     "line 1|line 2|x|LINE 4|more|y|line 6|added|line 7|line 9|line 10", ""},
    {"inside", "call setline(4, 'mine')", "conflict pending pending",
     "line 1|line 2|line 3|mine|line 5|line 6|added|line 7|line 9|line 10",
     "deepchat: hunk 1 of 3 met your edit, not applied; :DeepDiff shows it"},
    {"one line beside an addition", "call setline(7, 'mine')",
     "pending pending pending",
     "line 1|line 2|line 3|LINE 4|more|line 5|line 6|added|mine|line 9|"
     "line 10",
     ""},
    {"both lines beside an addition", "call setline(6, ['a', 'b'])",
     "pending conflict pending",
     "line 1|line 2|line 3|LINE 4|more|line 5|a|b|line 9|line 10",
     "deepchat: hunk 2 of 3 met your edit, not applied; :DeepDiff shows it"},
    {"all of it", "3,8delete _", "conflict conflict conflict",
     "line 1|line 2|line 9|line 10",
     "deepchat: 3 hunks met your edits, not applied; :DeepDiff shows them"},
    {"a line joined", "4join", "conflict pending pending",
     "line 1|line 2|line 3|line 4 line 5|line 6|added|line 7|line 9|line 10",
     "deepchat: hunk 1 of 3 met your edit, not applied; :DeepDiff shows it"},
    {"every line but one", "%s/ \\([^8]\\)$/_\\1/", "conflict conflict pending",
     "line_1|line_2|line_3|line_4|line_5|line_6|line_7|line_9|line 10",
     "deepchat: 2 hunks met your edits, not applied; :DeepDiff shows them"},
    {"by hand what was proposed", "4,4s/line/LINE/ | call append(4, 'more')",
     "accepted pending pending", ALL, ""},
};

Test(review, edits_meanwhile, .timeout = 60)
{
    start();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        review();
        ed_ex(ed, "messages clear");
        ed_ex(ed, "%s", edits[i].edit);
        ed_ex(ed, "let &undolevels = &undolevels");
        expect(edits[i].name, "States(g:r)", edits[i].states);
        ed_ex(ed, "DeepAccept!");
        expect_text(edits[i].name, edits[i].text);
        if (edits[i].said[0] != '\0')
            expect_said(edits[i].name, edits[i].said);
        else
            expect(edits[i].name, "execute('messages')", "");
        ed_ex(ed, "silent! earlier 10f");
        ed_ex(ed, "silent! undo 0");
        ed_ex(ed, "silent! redo");
        expect_text(edits[i].name, "line 1|line 2|line 3|line 4|line 5|line 6|"
                                   "line 7|line 8|line 9|line 10");
        expect(edits[i].name, "States(g:r)", "pending pending pending");
    }
    ed_stop(ed);
}

/* Lines beside a hunk that the user has changed do not hide that it is taken.
 */
Test(review, undone_beside_an_edit, .timeout = 60)
{
    static const struct {
        const char *name, *hunk, *line;
    } hunks[] = {
        {"a change", "[1, 1, ['A', 'B'], [], []]", "5"},
        {"the same, edited above", "[1, 1, ['A', 'B'], [], []]", "3"},
        {"an addition", "[1, 0, ['A'], [], []]", "4"},
        {"a deletion", "[1, 1, [], [], []]", "5"},
    };
    start();
    for (size_t i = 0; i < sizeof hunks / sizeof *hunks; i++) {
        text_of(10);
        ed_ex(ed, "let g:r = Review(3, 8, [%s])", hunks[i].hunk);
        ed_ex(ed, "call setline(%s, 'typed') | let &undolevels = &undolevels",
              hunks[i].line);
        ed_ex(ed, "DeepAccept!");
        expect(hunks[i].name, "States(g:r)", "accepted");
        ed_ex(ed, "undo");
        expect(hunks[i].name, "States(g:r)", "pending");
        ed_ex(ed, "undo");
        expect(hunks[i].name, "States(g:r)", "pending");
        ed_ex(ed, "redo");
        expect(hunks[i].name, "States(g:r)", "pending");
        ed_ex(ed, "redo");
        expect(hunks[i].name, "States(g:r)", "accepted");
        ed_ex(ed, "undo | undo | redo | redo");
        expect(hunks[i].name, "States(g:r)", "accepted");
    }
    ed_stop(ed);
}

Test(review, marks_stay, .timeout = 30)
{
    start();
    review();
    ed_ex(ed, "call setpos(\"'a\", [0, 4, 3, 0]) | 4mark B | 7mark c");
    ed_ex(ed, "DeepAccept!");
    expect_text("all", ALL);
    expect("marks",
           "string(map(['a', 'B', 'c'], 'getpos(\"''\" . v:val)[1:2]'))",
           "[[4, 3], [4, 1], [9, 1]]");
    ed_ex(ed, "undo");
    expect("undone", "string(map(['a', 'B', 'c'], 'line(\"''\" . v:val)'))",
           "[4, 4, 7]");
    ed_stop(ed);
}

Test(review, text_brought_back_by_hand, .timeout = 30)
{
    start();
    review();
    ed_ex(ed, "4 | DeepAccept");
    ed_ex(ed, "call deletebufline('%%', 5) | call setline(4, 'line 4')");
    expect("not an undo", "States(g:r)", "rejected pending pending");
    ed_stop(ed);
}

/* ---- while it comes ---- */

Test(review, open_hunks_wait, .timeout = 30)
{
    start();
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {})");
    ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []]], 2)");
    expect("the last", "States(g:r)", "open");
    ed_ex(ed, "4 | DeepAccept");
    expect_said("open", "deepchat: hunk 1 of 1 is still coming in");
    expect_text("open", "line 1|line 2|line 3|line 4|line 5|line 6|line 7|"
                        "line 8|line 9|line 10");
    ed_ex(ed, "call Update(g:r, 0, 1, [[1, 1, ['B'], [], []], "
              "[3, 1, ['C'], [], []]], 5)");
    expect("grown", "States(g:r)", "pending pending");
    ed_ex(ed, "4 | DeepAccept");
    expect_text("taken while it comes",
                "line 1|line 2|line 3|A|B|line 5|line 6|line 7|line 8|line 9|"
                "line 10");
    ed_ex(ed, "call Update(g:r, 1, 0, [[3, 2, ['D'], [], []]], 5)");
    expect("another one", "States(g:r)", "accepted open");
    ed_ex(ed, "call deepchat#review#update([[g:r.id, g:r.seq, 0, 0, [], 0]])");
    expect("said twice", "States(g:r)", "accepted open");
    ed_ex(ed, "call Finish(g:r, 'hunks') | DeepAccept!");
    expect_text("all", "line 1|line 2|line 3|A|B|line 5|D|line 8|line 9|"
                       "line 10");
    expect("unknown", "deepchat#review#update([[999, 1, 0, 0, [], 0]])",
           "gone");
    ed_stop(ed);
}

/* ---- how it ends ---- */

static const struct {
    const char *outcome, *states, *said, *event;
} ends[] = {
    {"hunks", "pending pending",
     "deepchat: 2 hunks; :DeepAccept, :DeepReject or :DeepDiff", "Done"},
    {"same", "", "deepchat: no change: the answer is the text as it is",
     "Done"},
    {"empty", "", "deepchat: an empty answer; nothing was changed", "Done"},
    {"refused", "", "deepchat: no text but an explanation; :DeepLog has it",
     "Done"},
    {"cut", "pending open",
     "deepchat: cut by the token limit; :DeepContinue goes on", "Done"},
    {"stopped", "pending", "deepchat: stopped; 1 hunk of it to review",
     "Stopped"},
    {"error", "pending", "deepchat: it broke", "Error"},
};

Test(review, ends, .timeout = 60)
{
    start();
    ed_ex(ed, "let g:events = []");
    ed_ex(ed, "autocmd User DeepChat* call add(g:events, expand('<amatch>') . "
              "' ' . g:deepchat_event.kind)");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        text_of(10);
        ed_ex(ed, "let g:events = []");
        ed_ex(ed,
              "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {})");
        ed_ex(ed, "call Update(g:r, 0, 0, [[1, 1, ['A'], [], []], "
                  "[3, 1, ['B'], [], []]], 4)");
        ed_ex(ed, "call Finish(g:r, '%s')", ends[i].outcome);
        char want[100];
        snprintf(want, sizeof want, "DeepChatStart rewrite DeepChat%s rewrite",
                 ends[i].event);
        expect(ends[i].outcome, "join(g:events)", want);
        expect(ends[i].outcome, "States(g:r)", ends[i].states);
        expect_said(ends[i].outcome, ends[i].said);
        expect_text(ends[i].outcome, "line 1|line 2|line 3|line 4|line 5|"
                                     "line 6|line 7|line 8|line 9|line 10");
        cr_expect_eq(ed_number(ed, "deepchat#review#running(0) == []"), 1);
    }
    ed_stop(ed);
}

Test(review, without_review, .timeout = 60)
{
    start();
    text_of(10);
    ed_ex(ed, "let g:r = deepchat#review#new(bufnr('%%'), 3, getline(3, 8), "
              "'do it', {'apply': 1})");
    ed_ex(ed, "call Update(g:r, 0, 0, " HUNKS ", 7)");
    ed_ex(ed, "call setline(4, 'mine') | let &undolevels = &undolevels");
    long seq = ed_number(ed, "undotree().seq_cur");
    ed_ex(ed, "enew");
    ed_ex(ed, "call Finish(g:r, 'hunks')");
    expect_said("conflict", "deepchat: hunk 1 of 3 met your edit, not applied;"
                            " :DeepDiff shows it");
    ed_ex(ed, "execute 'buffer' g:r.buf");
    expect("hidden", "States(g:r)", "conflict accepted accepted");
    expect_text("hidden", "line 1|line 2|line 3|mine|line 5|line 6|added|"
                          "line 7|line 9|line 10");
    cr_expect_eq(ed_number(ed, "undotree().seq_cur"), seq + 1);
    ed_ex(ed, "undo");
    expect("undone", "States(g:r)", "conflict pending pending");
    ed_stop(ed);
}

/* Broken off while it looks what has changed, it looks at all the next time. */
Test(review, interrupted, .timeout = 60)
{
    start();
    review();
    ed_ex(ed, "let g:segs = g:r.track.segs | let g:r.track.segs = 7");
    ed_ex(ed, "call append(0, ['x', 'y'])");
    ed_ex(ed, "call deepchat#review#edited(bufnr('%%'))");
    ed_ex(ed, "let g:r.track.segs = g:segs");
    expect("found again", "States(g:r)", "pending pending pending");
    ed_ex(ed, "DeepAccept!");
    expect_text("found again", "x|y|" ALL);
    ed_stop(ed);
}

Test(review, groups, .timeout = 30)
{
    start();
    review();
    expect("groups",
           "join(map(['Delete', 'Add', 'Change', 'Conflict'], "
           "'synIDattr(synIDtrans(hlID(\"DeepChat\" . v:val)), \"name\")'))",
           "DiffDelete DiffAdd DiffText WarningMsg");
    ed_stop(ed);
}
