/* The options that people set: all that streams, is reviewed or goes on comes
 * out the same with them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/stage.h"

#define LENGTH "finish length 9 9 0.1\ndone\n---\n"
#define STOP "finish stop 9 9 0.1\ndone\n---\n"

/* An option and its value; where the editor has no such one, none. */
struct setting {
    const char *name, *value;
};

static const struct setting settings[] = {
    {"ignorecase", "1"},
    {"smartcase", "1"},
    {"magic", "0"},
    {"gdefault", "1"},
    {"selection", "'exclusive'"},
    {"selectmode", "'mouse,key,cmd'"},
    {"virtualedit", "'all'"},
    {"wildignore", "'*'"},
    {"fileignorecase", "1"},
    {"isprint", "'@'"},
    {"isident", "'@'"},
    {"isfname", "'@'"},
    {"iskeyword", "'@,.,/,%'"},
    {"autochdir", "1"},
    {"foldmethod", "'indent'"},
    {"foldenable", "0"},
    {"foldlevelstart", "0"},
    {"foldclose", "'all'"},
    {"textwidth", "40"},
    {"wrapmargin", "40"},
    {"formatoptions", "'taw2lnr'"},
    {"autoindent", "1"},
    {"smartindent", "1"},
    {"cindent", "1"},
    {"expandtab", "1"},
    {"paste", "1"},
    {"hidden", "0"},
    {"autowriteall", "1"},
    {"bufhidden", "'wipe'"},
    {"undolevels", "-1"},
    {"undolevels", "0"},
    {"undofile", "1"},
    {"undoreload", "0"},
    {"eventignore", "'all'"},
    {"langmap", "'Gg,gG,zx,xz,ui,iu'"},
    {"lazyredraw", "1"},
    {"clipboard", "'unnamed'"},
    {"scrolloff", "99"},
    {"cmdheight", "0"},
    {"cmdheight", "3"},
    {"shortmess", "''"},
    {"shortmess", "'aAcFIoOstTWS'"},
    {"report", "0"},
    {"splitbelow", "1"},
    {"splitright", "1"},
    {"equalalways", "0"},
    {"winheight", "999"},
    {"winwidth", "999"},
    {"switchbuf", "'useopen,usetab,newtab'"},
    {"previewheight", "1"},
    {"belloff", "''"},
    {"visualbell", "1"},
    {"errorbells", "1"},
    {"wrapscan", "0"},
    {"startofline", "1"},
    {"startofline", "0"},
    {"list", "1"},
    {"wrap", "0"},
    {"number", "1"},
    {"conceallevel", "3"},
    {"spell", "1"},
    {"diffopt", "''"},
    {"fileformat", "'dos'"},
    {"fileformats", "'dos,mac'"},
    {"fileencodings", "'latin1'"},
    {"bomb", "1"},
    {"endofline", "0"},
    {"fixendofline", "0"},
    {"binary", "1"},
    {"backup", "1"},
    {"writebackup", "0"},
    {"backupcopy", "'no'"},
    {"patchmode", "'.orig'"},
    {"matchpairs", "'%:%'"},
    {"nrformats", "''"},
    {"joinspaces", "1"},
    {"maxfuncdepth", "50"},
    {"maxmempattern", "1000"},
    {"regexpengine", "1"},
    {"redrawtime", "1"},
    {"timeout", "0"},
    {"updatetime", "1"},
    {"more", "1"},
    {"confirm", "1"},
    {"write", "1"},
    {"edcompatible", "1"},
    {"tildeop", "1"},
    {"whichwrap", "'b,s,<,>,h,l,~,[,]'"},
    {"backspace", "''"},
    {"comments", "':%%'"},
    {"shell", "'/bin/false'"},
    {"shellslash", "0"},
    {"swapfile", "1"},
    {"opendevice", "1"},
    {"verbose", "0"},
    {"keymodel", "'startsel,stopsel'"},
    {"mouse", "'a'"},
    {"cpoptions", "'aABceFsM'"},
    {"cpoptions", "'$-+%!*.;_<>~#&/{|}\\'"},
    {"cpoptions", "'bCdDEfgHiIjJkKlLmnopPqrRStvwWxXyZ'"},
};

static const char script[] =
    "token Hello\\n\\n\ntoken Second %% line, and it goes on for some "
    "words\\n\n"
    "token   in\\n\ntoken %% user\\nanother half wo\n" LENGTH
    "token rd, and its end.\\n\\nLast.\n" STOP
    "token Again,\\n\ntoken  cut\\n\nhold g\ntoken never\ndone\n---\n"
    "token One\\n\ntoken two\\nTHREE\\n\tfour \\\\ /* / ~ &\\n\n" STOP
    "token in the middle\\nof it\n" STOP;

#define TEXT "join(getline(1, '$'), \"\\n\")"

enum { PARTS = 2 };

struct report {
    char text[16384];
};

/* What stands in the buffer now, and what was told and said. */
static void
note(struct stage *st, struct report *report, const char *step)
{
    size_t used = strlen(report->text);
    char *text = ed_eval(st->ed, "%s", TEXT);
    char *mode = ed_eval(st->ed, "mode(1) . winnr('$') . tabpagenr('$')");
    char *said = ed_eval(
        st->ed, "filter(split(execute('messages'), \"\\n\"), "
                "'v:val =~# \"^\\\\CE\\\\d\\\\|^Error\\\\|deepchat: \"')");
    snprintf(report->text + used, sizeof report->text - used,
             "== %s: %s\n%s\n== said\n%s\n", step, mode, text, said);
    free(text);
    free(mode);
    free(said);
    ed_ex(st->ed, "messages clear");
}

static void
chat(struct stage *st, struct report *report, const char *name)
{
    ed_ex(st->ed, "DeepChat!");
    stage_keys(st, ":$<CR>Aq A<Esc>:DeepSend<CR>");
    cr_assert(server_wait_requests(st->sv, 1, STAGE_MS), "%s", name);
    cr_assert(stage_idle(st), "%s", name);
    note(st, report, "chat");
    ed_ex(st->ed, "DeepContinue");
    cr_assert(server_wait_requests(st->sv, 2, STAGE_MS), "%s", name);
    cr_assert(stage_idle(st), "%s", name);
    note(st, report, "continued");
    ed_ex(st->ed, "DeepRetry");
    cr_assert(server_wait_held(st->sv, "g", 1, STAGE_MS), "%s", name);
    cr_assert(stage_shows(st, "cut"), "%s", name);
    stage_keys(st, ":$<CR>Amore<Esc>:DeepStop<CR>");
    cr_assert(stage_idle(st), "%s", name);
    note(st, report, "retried and stopped");
    ed_ex(st->ed, "DeepAlt");
    note(st, report, "the other one");
    ed_ex(st->ed, "call cursor(1, 1) | call deepchat#turn#jump(3) | "
                  "call setline('.', getline('.') . ' found')");
    note(st, report, "the third turn");
}

/* With few undo steps there is no way back that could be compared. */
static void
undo(struct stage *st, struct report *report)
{
    if (ed_number(st->ed, "&undolevels") > 1) {
        ed_ex(st->ed, "silent undo");
        note(st, report, "undone");
        ed_ex(st->ed, "silent redo");
    }
}

static void
rewrite(struct stage *st, struct report *report, const char *name)
{
    ed_ex(st->ed, "silent! tabonly! | silent! only! | enew!");
    ed_ex(st->ed, "call setline(1, ['head', 'one', 'two', 'three', "
                  "\"\\tfour\", 'foot'])");
    ed_ex(st->ed, "let &undolevels = &undolevels");
    ed_ex(st->ed, "2,5DeepRewrite do it");
    cr_assert(server_wait_requests(st->sv, 4, STAGE_MS), "%s", name);
    cr_assert(ed_wait(st->ed, STAGE_MS, "empty(deepchat#review#running(0))"));
    note(st, report, "proposed");
    ed_ex(st->ed, "2DeepAccept");
    note(st, report, "one accepted");
    ed_ex(st->ed, "DeepAccept!");
    undo(st, report);
    note(st, report, "accepted");
    ed_ex(st->ed, "3DeepContinue");
    cr_assert(server_wait_requests(st->sv, 5, STAGE_MS), "%s", name);
    cr_assert(stage_idle(st), "%s", name);
    note(st, report, "written on");
    ed_ex(st->ed, "silent! DeepReject! | enew!");
}

static void
run(struct stage *st, struct report *report, const char *name)
{
    report->text[0] = '\0';
    stage_script(st, script);
    chat(st, report, name);
    rewrite(st, report, name);
}

/* What comes of it all with nothing set, and with too few undo steps. */
static void
run_plain(struct stage *st, struct report *plain, struct report *no_undo)
{
    stage_start(st, NULL, "'continue_rounds': 0");
    ed_ex(st->ed, "set hidden noautoindent");
    run(st, plain, "plain");
    ed_ex(st->ed, "set undolevels=1");
    run(st, no_undo, "no undo");
    ed_ex(st->ed, "set undolevels=1000");
}

/* As "let" has it, with those flags of 'cpoptions' that the editor knows. */
static void
set(struct stage *st, const struct setting *to)
{
    if (strcmp(to->name, "cpoptions") == 0)
        ed_ex(st->ed,
              "for f in split(%s, '\\zs') | silent! let &cpo .= f | endfor",
              to->value);
    else
        ed_ex(st->ed, "silent! let &%s = %s", to->name, to->value);
}

static void
check(struct stage *st, const struct setting *to, const struct report *plain)
{
    char name[128];
    struct report with;
    snprintf(name, sizeof name, "%s=%s", to->name, to->value);
    ed_ex(st->ed, "let g:was = &%s", to->name);
    set(st, to);
    run(st, &with, name);
    cr_expect_str_eq(with.text, plain->text, "%s: got\n%s", name, with.text);
    ed_ex(st->ed, "let &%s = g:was", to->name);
}

/* Every PARTSth one, from the first on. */
static void
check_part(size_t first)
{
    struct stage st;
    struct report plain, no_undo;
    run_plain(&st, &plain, &no_undo);
    for (size_t i = first; i < sizeof settings / sizeof *settings; i += PARTS) {
        bool few = strcmp(settings[i].name, "undolevels") == 0;
        if (ed_number(st.ed, "exists('+%s')", settings[i].name) != 0)
            check(&st, &settings[i], few ? &no_undo : &plain);
    }
    stage_stop(&st);
}

Test(settings, make_no_difference, .timeout = 300)
{
    check_part(0);
}

Test(settings, nor_do_these, .timeout = 300)
{
    check_part(1);
}

/* The scripts are read while 'cpoptions' is like this. */
Test(settings, are_set_before_it_is_loaded, .timeout = 120)
{
    struct stage st;
    struct report plain, no_undo;
    run_plain(&st, &plain, &no_undo);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (strcmp(settings[i].name, "cpoptions") == 0) {
            stage_stop(&st);
            stage_start(&st, NULL, "'continue_rounds': 0");
            ed_ex(st.ed, "set hidden noautoindent");
            check(&st, &settings[i], &plain);
        }
    }
    stage_stop(&st);
}
