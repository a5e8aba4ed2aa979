/* :DeepRewrite from the command to the text that was taken. */
#include "rewrite_stage.h"

#define FUNCTION                                                               \
    "int f(int a)\\n{\\n\\tint b = a;\\n\\tb = b + 1;\\n\\tprint(b);\\n"       \
    "\\treturn b;\\n}\\n\\nint g;"

static const char two_changes[] =
    "token int f(int a)\\n{\\n\\tint sum = a;\\n\\tb = b + 1;\\n\n"
    "hold g\n"
    "token \\tprint(b);\\n\\treturn sum;\\n}\\n\n"
    "hold g\nfinish stop 9 9 0.1\ndone\n";

/* One hunk is taken, one is not, while they arrive; undone, and again. */
Test(rewrite, two_changes_one_by_one, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, two_changes, "");
    rewrite_open(&st, "two.c", FUNCTION);
    ed_ex(st.ed, "1,7DeepRewrite call it sum");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    cr_assert(ed_wait(st.ed, STAGE_MS, "len(" REWRITE_WAITS ") == 1"));
    stage_expect(&st, "unchanged", "getline(1, '$') ==# g:old", "1");
    char *body = server_request_body(st.sv, 1, NULL);
    cr_expect(strstr(body, "call it sum"), "%s", body);
    cr_expect(strstr(body, "int g;"), "%s", body);
    free(body);
    cr_assert(ed_wait_screen(st.ed, "int sum = a;", STAGE_MS));
    server_release(st.sv, "g");
    rewrite_idle(&st, "two");
    rewrite_expect_said(&st, "two",
                        "deepchat: 2 hunks; :DeepAccept, "
                        ":DeepReject or :DeepDiff");
    ed_ex(st.ed, "3 | DeepAccept");
    stage_expect(&st, "next", "line('.')", "6");
    ed_ex(st.ed, "DeepReject");
    stage_expect(&st, "text", "getline(3, 6)",
                 "\tint sum = a;\n\tb = b + 1;\n\tprint(b);\n\treturn b;");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "undone", "getline(1, '$') ==# g:old", "1");
    stage_expect(&st, "waits", "len(" REWRITE_WAITS ")", "1");
    ed_ex(st.ed, "redo");
    stage_expect(&st, "redone", "getline(3)", "\tint sum = a;");
    stage_expect(&st, "nothing", "len(" REWRITE_WAITS ")", "0");
    char *events = stage_events(&st);
    cr_expect_str_eq(events, "Start\nDone stop", "%s", events);
    free(events);
    stage_stop(&st);
}

static void
expect_whole(struct stage *st, const char *name, const char *want)
{
    rewrite_idle(st, name);
    if (ed_number(st->ed, "len(" REWRITE_WAITS ")") > 0)
        ed_ex(st->ed, "DeepAccept!");
    stage_expect_text(st, name, want);
}

/* Ten at once, reviewed in one pass; the instruction is asked for once. */
Test(rewrite, ten_at_once, .timeout = 60)
{
    static const char *const commands[] = {"g/TODO/DeepRewrite resolve",
                                           "g/TODO/DeepRewrite"};
    struct stage st;
    rewrite_start(&st, NULL, "");
    for (int i = 0; i < 2; i++) {
        stage_script(&st, "hold g\ntoken done();\\n\nfinish stop\ndone\n");
        rewrite_open(&st, "todo.c", "");
        ed_ex(st.ed, "call setline(1, map(range(30), 'v:val %% 3 == 0 ? "
                     "\"// TODO \" . v:val : \"line \" . v:val'))");
        if (i == 0)
            ed_ex(st.ed, "%s", commands[i]);
        else
            stage_keys(&st, ":g/TODO/DeepRewrite<CR>resolve<CR>");
        cr_assert(server_wait_held(st.sv, "g", 10, STAGE_MS));
        stage_expect(&st, "status", "deepchat#status()", "waiting");
        char *body = server_request_body(st.sv, 7, NULL);
        cr_expect(strstr(body, "resolve"), "%s", body);
        free(body);
        server_release(st.sv, "g");
        rewrite_idle(&st, "ten");
        stage_expect(&st, "hunks", "len(" REWRITE_WAITS ")", "10");
        rewrite_expect_said(&st, "all of them",
                            "deepchat: 10 hunks; :DeepAccept, "
                            ":DeepReject or :DeepDiff");
        ed_ex(st.ed, "DeepAccept!");
        stage_expect(&st, "all",
                     "[count(getline(1, '$'), 'done();'), line('$'), "
                     "getline(2), getline(30)]",
                     "10\n30\nline 1\nline 29");
        ed_ex(st.ed, "undo");
        stage_expect(&st, "one step", "count(getline(1, '$'), 'done();')", "0");
        ed_ex(st.ed, "DeepReject!");
    }
    stage_stop(&st);
}

/* Whatever comes fast: each command asks for itself. */
Test(rewrite, each_command_asks, .timeout = 60)
{
    static const char *const words[] = {"first", "second", "third", "fourth"};
    struct stage st;
    rewrite_start(&st, "token X\\n\nfinish stop\ndone\n", "");
    rewrite_open(&st, "each.txt", "one\\ntwo\\nthree\\nfour\\nfive\\nsix");
    ed_ex(st.ed, "nnoremap gz <Cmd>DeepRewrite<CR>");
    stage_keys(&st, ":1DeepRewrite<CR>first<CR>:3DeepRewrite<CR>second<CR>");
    stage_keys(&st, "5Ggz<CR>gzthird<CR>2Ggzfourth<CR>");
    cr_assert(server_wait_requests(st.sv, 4, STAGE_MS));
    for (size_t i = 0; i < 4; i++) {
        size_t found = 0;
        for (size_t r = 1; r <= 4; r++) {
            char *body = server_request_body(st.sv, r, NULL);
            found += strstr(body, words[i]) != NULL;
            free(body);
        }
        cr_expect_eq(found, 1, "%s", words[i]);
    }
    expect_whole(&st, "each", "X\nX\nX\nfour\nX\nsix");
    stage_stop(&st);
}

#define THREE                                                                  \
    "one\\n{\\n}\\n\\ntwo\\n{\\n}\\n\\nthree\\n{\\n}\\n\\nan (argument) here"

/* clang-format off */
static const struct {
    const char *name, *keys, *script, *want;
    size_t requests;
} operators[] = {
    {"a motion", "gsjshorter<CR>", "token 1\\n2\\n\nfinish stop\ndone\n",
     "1\n2\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
    {"a count", "2gss shorter <CR>", "token 1\\n2\\n\nfinish stop\ndone\n",
     "1\n2\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
    {"three of them with dots", "gsipshorter<CR>}j.}j.", "token X\\n\nfinish stop\ndone\n",
     "X\n\nX\n\nX\n\nan (argument) here", 3},
    {"characters", "Gf(lgsi)shorter<CR>", "token arg\nfinish stop\ndone\n",
     "one\n{\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (arg) here", 1},
    {"visual characters", "G$bvegsshorter<CR>", "token HERE\nfinish stop\ndone\n",
     "one\n{\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) HERE", 1},
    {"visual characters over lines", "0lvjjjj0gsx<CR>", "token X\nfinish stop\ndone\n",
     "oXwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
    {"up to the last character", "G$xxaǘ<Esc>vgsx<CR>", "token X\nfinish stop\ndone\n",
     "one\n{\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) heX", 1},
    {"exclusive", ":set selection=exclusive<CR>0vegsx<CR>:set selection&<CR>", "token X\nfinish stop\ndone\n",
     "X\n{\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
    {"a dot that has to ask", "gsip<Esc>}j.shorter<CR>}j.", "token X\\n\nfinish stop\ndone\n",
     "one\n{\n}\n\nX\n\nX\n\nan (argument) here", 2},
    {"from the history", "gsipshorter<CR>}jgsip<Up><CR>", "token X\\n\nfinish stop\ndone\n",
     "X\n\nX\n\nthree\n{\n}\n\nan (argument) here", 2},
    {"the empty line", "4Ggssmore<CR>", "token X\\n\nfinish stop\ndone\n",
     "one\n{\n}\nX\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
    {"visual lines", "Vjgsx<CR>", "token X\\n\nfinish stop\ndone\n",
     "X\n}\n\ntwo\n{\n}\n\nthree\n{\n}\n\nan (argument) here", 1},
};
/* clang-format on */

Test(rewrite, operators, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        const char *name = operators[i].name;
        stage_script(&st, operators[i].script);
        rewrite_open(&st, "op.txt", THREE);
        ed_ex(st.ed, "let @/ = 'found' | let @\" = 'kept' | call cursor(1, 1)");
        ed_ex(st.ed, "call histadd('@', 'not of this')");
        stage_keys(&st, operators[i].keys);
        cr_assert(server_wait_requests(st.sv, operators[i].requests, STAGE_MS),
                  "%s", name);
        char *body = server_request_body(st.sv, operators[i].requests, NULL);
        cr_expect_eq(strstr(body, "shorter") != NULL,
                     strstr(operators[i].keys, "shorter") != NULL, "%s", name);
        free(body);
        expect_whole(&st, name, operators[i].want);
        stage_expect(&st, name, "[@/, histget('@', -1)]", "found\nnot of this");
        if (strstr(name, "last") == NULL)
            stage_expect(&st, name, "@\"", "kept");
        ed_ex(st.ed, "silent undo | silent write");
    }
    stage_stop(&st);
}

/* clang-format off */
static const struct {
    const char *name, *setup, *keys, *said;
} refusals[] = {
    {"a block", "", "<C-v>jlgs", "deepchat: no rewrite of a block; select characters or lines"},
    {"not modifiable", "setlocal nomodifiable", ":DeepRewrite x<CR>", "deepchat: 'modifiable' is off here; nothing was sent"},
    {"not modifiable, asked", "setlocal nomodifiable", "gss", "deepchat: 'modifiable' is off here; nothing was sent"},
    {"no instruction", "echomsg 'before'", ":DeepRewrite<CR><CR>", "before"},
    {"none for a lot of lines", "echomsg 'before'", ":g/e/DeepRewrite<CR><Esc>", "before"},
    {"a NUL byte", "call setline(1, \"a\\nb\")", ":DeepRewrite x<CR>", "deepchat: there is a NUL byte in these lines; nothing was sent"},
    {"no UTF-8", "call setline(1, \"a\\xff\")", ":DeepRewrite x<CR>", "deepchat: these lines are not valid UTF-8; nothing was sent"},
    {"an empty line, characters", "call cursor(4, 1)", "vgs", "deepchat: nothing is selected; nothing was sent"},
    {"a marker", "setlocal filetype=deepchat | call setline(1, '%% user') | call cursor(1, 1)", "gsj", "deepchat: a marker is in these lines; select text of one turn"},
    {"a quickfix list", "copen", ":DeepRewrite x<CR>", "deepchat: not in a window of this kind; nothing was sent"},
    {"the command-line window", "", "q::DeepRewrite x<CR>:q<CR>", "deepchat: not in a window of this kind; nothing was sent"},
    {"a bad option", "", ":DeepRewrite ++temperature=9 x<CR>", "deepchat: temperature is 9, takes 0 to 2"},
};
/* clang-format on */

Test(rewrite, refusals, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, "token X\nfinish stop\ndone\n", "");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const char *name = refusals[i].name;
        rewrite_open(&st, "refused.txt", THREE);
        ed_ex(st.ed, "messages clear");
        ed_ex(st.ed, "%s", refusals[i].setup);
        ed_ex(st.ed, "let g:old = getline(1, '$')");
        stage_keys(&st, refusals[i].keys);
        rewrite_idle(&st, name);
        rewrite_expect_said(&st, name, refusals[i].said);
        if (strstr(refusals[i].keys, "gs") != NULL)
            cr_expect(ed_wait_screen(st.ed, refusals[i].said, STAGE_MS),
                      "%s: on the screen", name);
        stage_expect(&st, name, "getline(1, '$') ==# g:old", "1");
        ed_ex(st.ed, "silent! cclose");
        stage_keys(&st, "<Esc>");
    }
    ed_keys(st.ed, ":g/e/DeepRewrite<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "mode() ==# 'c'"));
    ed_keys(st.ed, "<C-c>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "mode() ==# 'n'"));
    cr_expect_eq(server_requests(st.sv), 0);
    stage_stop(&st);
}

/* The question comes once, and "no" is the default. */
Test(rewrite, many_lines_are_asked_about, .timeout = 120)
{
    struct stage st;
    rewrite_start(&st, "token X\nfinish stop\ndone\n", "");
    ed_ex(st.ed, "call setline(1, range(99999))");
    ed_keys(st.ed, ":%DeepRewrite x<CR>");
    cr_assert(server_wait_requests(st.sv, 1, 4 * STAGE_MS));
    ed_ex(st.ed, "DeepStop");
    rewrite_idle(&st, "fewer");
    ed_ex(st.ed, "call setline(100000, 'x')");
    ed_keys(st.ed, ":%DeepRewrite x<CR>");
    cr_assert(ed_wait_screen(st.ed, "rewrite 100000 lines?", STAGE_MS));
    ed_keys(st.ed, "<CR>");
    cr_assert(ed_wait(st.ed, STAGE_MS, "mode() ==# 'n'"));
    cr_expect_eq(server_requests(st.sv), 1);
    stage_stop(&st);
}

/* Each file of a list, in a user's own window, whatever 'hidden' is. */
Test(rewrite, files_of_a_list, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, "hold g\ntoken X\\n\nfinish stop\ndone\n", "");
    ed_ex(st.ed, "set nohidden");
    for (int i = 1; i <= 3; i++)
        ed_ex(st.ed, "call writefile(['one', 'TODO', 'two'], '%s/%d.txt')",
              ed_home(st.ed), i);
    ed_ex(st.ed, "vimgrep /TODO/ %s/*.txt", ed_home(st.ed));
    stage_keys(&st, ":cdo DeepRewrite<CR>do it<CR>");
    cr_assert(server_wait_held(st.sv, "g", 3, STAGE_MS));
    ed_ex(st.ed, "cfirst");
    server_release(st.sv, "g");
    rewrite_idle(&st, "list");
    for (int i = 0; i < 3; i++) {
        stage_expect(&st, "hunks", "len(" REWRITE_WAITS ")", "1");
        stage_expect(&st, "as before", "&bufhidden", "");
        ed_ex(st.ed, "DeepAccept!");
        stage_expect_text(&st, "list", "one\nX\ntwo");
        ed_ex(st.ed, "silent write | silent! cnext");
    }
    stage_stop(&st);
}

/* Without review, but not over what the user has typed meanwhile. */
Test(rewrite, applied_at_once, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, two_changes, "");
    rewrite_open(&st, "two.c", FUNCTION);
    ed_ex(st.ed, "1,7DeepRewrite! call it sum");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    stage_keys(&st, "ggOabove<Esc>GoBelow<Esc>");
    stage_expect(&st, "not shown", "len(" REWRITE_WAITS ")", "0");
    server_release(st.sv, "g");
    rewrite_idle(&st, "at once");
    stage_expect(&st, "applied", "[getline(4), getline(7), getline('$')]",
                 "\tint sum = a;\n\treturn sum;\nBelow");
    ed_ex(st.ed, "undo");
    stage_expect(&st, "one step", "[getline(4), getline(7), getline('$')]",
                 "\tint b = a;\n\treturn b;\nBelow");
    stage_script(&st, two_changes);
    rewrite_open(&st, "two.c", FUNCTION);
    ed_ex(st.ed, "1,7DeepRewrite! call it sum");
    cr_assert(server_wait_held(st.sv, "g", 1, STAGE_MS));
    ed_ex(st.ed, "3s/b/mine/");
    server_release(st.sv, "g");
    rewrite_idle(&st, "met");
    stage_expect(&st, "met", "[getline(3), getline(6)]",
                 "\tint mine = a;\n\treturn sum;");
    rewrite_expect_said(&st, "met",
                        "deepchat: hunk 1 of 2 met your edit, not "
                        "applied; :DeepDiff shows it");
    stage_expect(&st, "met", "len(" REWRITE_WAITS ")", "1");
    stage_stop(&st);
}

/* The names that Tab offers, and a user's own maps. */
Test(rewrite, names, .timeout = 60)
{
    struct stage st;
    rewrite_start(&st, NULL, "");
    stage_host(&st);
    stage_expect(&st, "options",
                 "getcompletion(\"'<,'>DeepRewrite ++revi\", 'cmdline')",
                 "++review=");
    stage_expect(&st, "commands", "getcompletion('DeepRew', 'command')",
                 "DeepRewrite");
    stage_stop(&st);
}
