/* Which files may be read for a send, seen from every place there is. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/allow.h"
#include "lib/tmpdir.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define OUTSIDE " is outside the project; nothing was sent"

/* Everything below the top: "p" is a project, "chats" holds its chat, "secret"
 * stands beside, "home" is the home directory. */
static const char *const dirs[] = {"p",     "p/sub",      "p/.git",
                                   "chats", "home",       "home/.ssh",
                                   "p2",    "home/notes", "home/notes/.x"};
static const char *const files[] = {"p/a",
                                    "p/sub/b",
                                    "chats/c",
                                    "chats/chat",
                                    "secret",
                                    "p2/d",
                                    "p/.git/config",
                                    "home/.ssh/key",
                                    "home/notes/n",
                                    "home/notes/.x/f",
                                    "p/a b%\xc3\xa4",
                                    "p/~x"};
static const char *const links[][2] = {
    {"p/out", "../secret"}, {"p/in", "sub/b"}, {"p/up", ".."},
    {"p/loop", "loop"},     {"link", "p"},
};

static char *
build(void)
{
    char *made = tmpdir_new();
    static char top[PATH_MAX];
    cr_assert_not_null(realpath(made, top));
    cr_assert_eq(chdir(top), 0);
    for (size_t i = 0; i < COUNT(dirs); i++)
        cr_assert_eq(mkdir(dirs[i], 0700), 0);
    for (size_t i = 0; i < COUNT(files); i++) {
        FILE *f = fopen(files[i], "w");
        cr_assert_not_null(f);
        fclose(f);
    }
    for (size_t i = 0; i < COUNT(links); i++)
        cr_assert_eq(symlink(links[i][1], links[i][0]), 0);
    setenv("HOME", tmpdir_path(top, "home"), 1);
    free(made);
    return top;
}

/* "" stays "", "@x" becomes "top/x", all else is as it is. */
static const char *
place(const char *top, const char *name)
{
    return name[0] == '@' ? tmpdir_path(top, name + 1) : name;
}

/* clang-format off */
static const struct {
    const char *file, *cwd, *project, *allowed;
    const char *path;
    const char *want; /* below the top, or the message */
} cases[] = {
    /* where a path starts */
    {"", "@p", "@p", "", "a", "p/a"},
    {"", "@p/sub", "@p", "", "b", "p/sub/b"},
    {"", "@p/sub", "@p", "", "../a", "p/a"},
    {"", "@p/sub", "@p", "", "sub/b", "p/sub/b"},
    {"@chats/chat", "@p", "@p", "", "c", "chats/c"},
    {"@chats/chat", "@p", "@p", "", "a", "p/a"},
    {"@chats/chat", "@p", "@p", "", "./c", "chats/c"},
    {"@p2/chat", "@p", "@p", "", "a", "p/a"},
    {"", "", "@p", "", "a", "p/a"},
    {"", "@p", "@p", "", "@p/a", "p/a"},
    {"", "@p", "@p", "", "a b%\xc3\xa4", "p/a b%\xc3\xa4"},
    {"", "@p", "@p", "", "~x", "p/~x"},
    {"", "@p", "@p", "", ".git/config", "p/.git/config"},
    {"", "@link", "@link", "", "a", "p/a"},
    {"", "@p", "@p", "", "in", "p/sub/b"},
    {"", "@p", "@p", "", "sub", "p/sub"},
    {"", "@p", "@p", "", "sub/", "p/sub"},

    /* outside */
    {"", "@p", "@p", "", "@secret", "!"},
    {"", "@p", "@p", "", "../secret", "../secret" OUTSIDE},
    {"", "@p", "@p", "", "out", "out" OUTSIDE},
    {"", "@p", "@p", "", "up/secret", "up/secret" OUTSIDE},
    {"", "@p", "@p", "", "../p2/d", "../p2/d" OUTSIDE},
    {"", "@p", "@p", "", "..", ".." OUTSIDE},
    {"", "@p", "@p", "", ".", "." OUTSIDE},
    {"@chats/chat", "@p", "@p", "", "../secret", "../secret" OUTSIDE},
    {"", "@p", "", "", "a", "a" OUTSIDE},
    {"", "@p", "/", "", "a", "a" OUTSIDE},
    {"", "@p", "p", "", "a", "a" OUTSIDE},
    {"", "@p", "@nothing", "", "a", "a" OUTSIDE},
    {"", "@p", "@p", "", "~/notes/n", "~/notes/n" OUTSIDE},
    {"chat", "@p", "", "", "a", "a" OUTSIDE},
    {"/chat", "@p", "", "", "a", "a" OUTSIDE},

    /* the user said so */
    {"", "@p", "@p", "@secret", "../secret", "secret"},
    {"", "@p", "@p", "@secret", "out", "secret"},
    {"", "@p", "@p", "@p2", "../p2/d", "../p2/d" OUTSIDE},
    {"", "@p", "@p", "@p/out", "../secret", "../secret" OUTSIDE},
    {"", "@p", "@p", "@home/notes/n", "~/notes/n", "home/notes/n"},

    /* the home directory as a project */
    {"", "@home", "@home", "", "notes/n", "home/notes/n"},
    {"", "@home", "@home", "", ".ssh/key", ".ssh/key" OUTSIDE},
    {"", "@home", "@home", "", "notes/.x/f", "notes/.x/f" OUTSIDE},
    {"", "@home", "@home", "@home/.ssh/key", "~/.ssh/key", "home/.ssh/key"},
    {"@home/chat", "@p", "@p", "", ".ssh/key", ".ssh/key" OUTSIDE},
    {"", "@", "@", "", "home/.ssh/key", "home/.ssh/key" OUTSIDE},
    {"", "@", "@", "", "home/notes/n", "home/notes/n"},
    {"", "@home", "@home/notes", "", ".x/f", "home/notes/.x/f"},

    /* nothing there */
    {"", "@p", "@p", "", "none", "no file none; nothing was sent"},
    {"", "@p", "@p", "", "", "no file ; nothing was sent"},
    {"", "@p", "@p", "", "a/b", "no file a/b; nothing was sent"},
    {"", "@p", "@p", "", "~none/x", "no file ~none/x; nothing was sent"},
    {"", "@p", "@p", "", "loop",
        "loop: Too many levels of symbolic links; nothing was sent"},
    {"", "@p", "@p", "", "n\x01\xff\xe2\x80\xa6" "e",
        "no file n?\xef\xbf\xbd\xe2\x80\xa6" "e; nothing was sent"},
    {"", "@p", "@p", "", "2345678/abcdefghi",
        "no file 2345678/abcdefghi; nothing was sent"},
    {"", "@p", "@p", "", "12345678/abcdefghi",
        "no file \xe2\x80\xa6" "345678/abcdefghi; nothing was sent"},
};
/* clang-format on */

static struct value *
args_of(const char *top, size_t i)
{
    struct value *args = value_map();
    value_put(args, "file", value_text(place(top, cases[i].file)));
    value_put(args, "cwd", value_text(place(top, cases[i].cwd)));
    value_put(args, "project", value_text(place(top, cases[i].project)));
    struct value *allowed = value_list();
    value_add(allowed, value_text("/none"));
    value_add(allowed, value_text(place(top, cases[i].allowed)));
    value_put(args, "allowed", allowed);
    return args;
}

Test(allow, what_may_be_read, .timeout = 20)
{
    const char *top = build();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dc_error err = {0};
        char *real = NULL;
        struct value *args = args_of(top, i);
        const char *path = place(top, cases[i].path);
        if (allow_path(args, path, &real, &err))
            cr_expect_str_eq(real + strlen(top) + 1, cases[i].want,
                             "%zu %s: %s", i, path, real);
        else if (cases[i].want[0] == '!')
            cr_expect(strstr(err.text, OUTSIDE) != NULL, "%zu %s", i, err.text);
        else
            cr_expect_str_eq(err.text, cases[i].want, "%zu %s: %s", i, path,
                             err.text);
        free(real);
        value_free(args);
    }
    cr_assert_eq(chdir("/"), 0);
    tmpdir_free(strdup(top));
}
