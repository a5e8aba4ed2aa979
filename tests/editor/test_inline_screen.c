/* :DeepContinue in other buffers, as a user sees it and reaches it. */
#include "inline_stage.h"

/* clang-format off */
static const struct {
    const char *file, *text, *script, *screen;
} screens[] = {
    {"mid.c", "int main(void)\\n{\\n    printf(^);\\n    return 0;\\n}",
     "token \\\"%d\\\\n\\\", \nhold g\ntoken sum(1, 2));\\n    return 0;\\n}\nfinish stop\ndone\n",
     "int main(void)\n{\n    printf(\"%d\\n\", sum(1, 2));\n    return 0;\n}\n~"},
    {"wrapped.txt",
     "This paragraph is wrapped by hand at seventy-two columns, or nearly\\n"
     "so, as texts in mails and in the documentation of programs often are.\\n"
     "It goes on ^\\n\\nThe end.",
     "token with words that were not there \nhold g\ntoken and have to be wrapped, as one would do it by hand.\nfinish stop\ndone\n",
     "It goes on with words that were not there and have to be wrapped, as\none would do it by hand.\n\nThe end.\n~"},
    {"items.md", "Buy:\\n\\n- milk, if there is\\n  any left\\n- ^\\n\\nThen go home.",
     "token bread\\n- \nhold g\ntoken butter\\n\\nThen go home.\nfinish stop\ndone\n",
     "- milk, if there is\n  any left\n- bread\n- butter\n\nThen go home.\n~"},
};
/* clang-format on */

/* The screen's rows without the blanks at their ends. */
static bool
shows(struct stage *st, const char *want)
{
    char *screen = ed_screen(st->ed);
    size_t n = 0;
    for (const char *at = screen; *at != '\0'; at++) {
        if (*at == '\n')
            while (n > 0 && screen[n - 1] == ' ')
                n--;
        screen[n++] = *at;
    }
    screen[n] = '\0';
    bool found = strstr(screen, want) != NULL;
    free(screen);
    return found;
}

Test(inline_screen, reads_as_if_typed, .timeout = 60)
{
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof screens / sizeof *screens; i++) {
        stage_script(&st, screens[i].script);
        inline_open(&st, screens[i].file, screens[i].text);
        inline_ask(&st, "DeepContinue");
        cr_assert(stage_finish(&st));
        for (long long end = now_ms() + STAGE_MS;
             !shows(&st, screens[i].screen) && now_ms() < end;)
            ed_pump(st.ed, 5);
        char *screen = ed_screen(st.ed);
        cr_expect(shows(&st, screens[i].screen), "%s", screen);
        free(screen);
    }
    stage_stop(&st);
}

/* While nothing comes, the line says so. */
Test(inline_screen, status_at_the_place, .timeout = 30)
{
    struct stage st;
    inline_start(&st, "head\nhold g\ntoken one\nhold g\nfinish stop\ndone\n");
    inline_open(&st, "status.c", "int x = ^;\\nint y;");
    inline_ask(&st, "DeepContinue");
    cr_expect(ed_wait_screen(st.ed, " waiting", STAGE_MS));
    stage_expect(&st, "status", "deepchat#status()[:6]", "waiting");
    cr_assert(stage_next(&st, "one"));
    stage_expect(&st, "status", "deepchat#status()", "streaming");
    cr_assert(stage_finish(&st));
    stage_expect(&st, "status", "deepchat#status()", "");
    char *behind = ed_behind(st.ed);
    cr_expect_str_eq(behind, "");
    free(behind);
    stage_stop(&st);
}

/* clang-format off */
static const struct {
    const char *name, *text, *keys, *want;
} ways[] = {
    {"normal mode", "a^c", "\\c", "aXc"},
    {"normal mode, at the start", "^bc", "0\\c", "bXc"},
    {"normal mode, a wide character", "ca\xc3\xa9^", "\\c", "ca\xc3\xa9X"},
    {"insert mode", "a^c", "i\\c<Esc>", "Xac"},
    {"insert mode, at the end", "abc^", "A\\c<Esc>", "abcX"},
    {"insert mode, one command", "abc^", "A<C-o>:DeepContinue<CR>", "abcX"},
    {"insert mode, one command, within", "a^bc", "a<C-o>:DeepContinue<CR>", "aXbc"},
    {"visual mode", "abc^\\nde", "ggVj\\c", "abc\ndeX"},
    {"visual mode, within", "abc^\\nde", "gg0v\\c", "abcX\nde"},
    {"an empty line", "a\\n^\\nb", "\\c", "a\nX\nb"},
};
/* clang-format on */

Test(inline_screen, ways_to_get_there, .timeout = 60)
{
    struct stage st;
    inline_start(&st, NULL);
    ed_ex(st.ed, "map \\c <Plug>(deepchat-continue)");
    ed_ex(st.ed, "imap \\c <Plug>(deepchat-continue)");
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        stage_script(&st, "token X\nfinish stop\ndone\n");
        inline_open(&st, "ways.txt", ways[i].text);
        stage_keys(&st, ways[i].keys);
        cr_assert(server_wait_requests(st.sv, 1, STAGE_MS), "%s", ways[i].name);
        cr_assert(stage_finish(&st));
        stage_keys(&st, "<Esc>");
        stage_expect_text(&st, ways[i].name, ways[i].want);
    }
    stage_stop(&st);
}

/* Text that comes above what the window shows does not move that. */
Test(inline_screen, view_below_stays, .timeout = 60)
{
    static const char *const places[] = {"50G", "50Gi", "50Gzt"};
    struct stage st;
    inline_start(&st, NULL);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        stage_script(&st, "token a\\nb\nhold g\ntoken \\nc\\nd\\ne\n"
                          "finish stop\ndone\n");
        inline_open(&st, "view.txt", "x^");
        ed_ex(st.ed, "call setline(1, range(1, 90))");
        stage_keys(&st, places[i]);
        char *top = ed_eval(st.ed, "[getline(line('w0')), getline('.')]");
        inline_ask(&st, "2DeepContinue");
        cr_assert(stage_finish(&st), "%s", places[i]);
        stage_expect(&st, places[i], "[getline(line('w0')), getline('.')]",
                     top);
        stage_expect(&st, places[i], "[getline(2), getline(6), line('$')]",
                     "2a\ne\n94");
        free(top);
        stage_keys(&st, "<Esc>");
    }
    stage_stop(&st);
}
