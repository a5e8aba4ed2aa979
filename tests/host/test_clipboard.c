/* The image in the clipboard: whom it is asked of, and the file it becomes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "host/clipboard.h"
#include "lib/fake_ed.h"
#include "lib/root.h"
#include "lib/tmpdir.h"

enum { MS = 10000 };

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define PNG "printf '\\211PNG\\r\\n\\032\\n'"
#define JPEG "printf '\\377\\330\\377'"
#define IF_PNG "case \"$*\" in *image/png*) "
#define IF_JPEG "case \"$*\" in *image/jpeg*) "
#define ELSE_FAIL ";; *) exit 1;; esac"

struct rig {
    struct host host;
    struct fake_ed ed;
    char *dir; /* bin: all of PATH; chats: where files go */
};

/* A shell script that is found as name. */
static void
program(struct rig *r, const char *name, const char *script)
{
    char file[80], text[512];
    snprintf(file, sizeof file, "bin/%s", name);
    int len = snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    char *path = temp_path(r->dir, file);
    temp_write(path, text, (size_t)len);
    cr_assert_eq(chmod(path, 0700), 0);
    free(path);
}

static void
start(struct rig *r)
{
    *r = (struct rig){.dir = tmpdir_new()};
    r->host.lp = loop_new();
    fake_start(&r->ed, 1 << 20);
    r->host.editor = &r->ed.base;
    r->host.clipboard = clipboard_new(&r->host);
    char *bin = temp_path(r->dir, "bin");
    cr_assert_eq(mkdir(bin, 0700), 0);
    setenv("PATH", bin, 1);
    free(bin);
}

static void
stop(struct rig *r)
{
    clipboard_free(r->host.clipboard);
    loop_free(r->host.lp);
    fake_finish(&r->ed);
    tmpdir_free(r->dir);
}

static void
paste(struct rig *r, int64_t id)
{
    struct value *args = value_map();
    char *dir = temp_path(r->dir, "chats");
    value_put(args, "id", value_int(id));
    value_put(args, "dir", value_text(dir));
    value_put(args, "name", value_text("image-1"));
    clipboard_paste(r->host.clipboard, args);
    value_free(args);
    free(dir);
}

/* The answer to the nth question. */
static const struct value *
answer(struct rig *r, size_t n)
{
    int64_t end = loop_now() + MS;
    while (r->ed.count < n && loop_now() < end)
        loop_turn(r->host.lp, 5);
    cr_assert_geq(r->ed.count, n);
    cr_assert_str_eq(r->ed.calls[n - 1].function, "deepchat#image#pasted");
    return r->ed.calls[n - 1].args;
}

/* Programs that are installed, and what comes of it. */
static const struct {
    const char *name, *wl, *x, *png;
    const char *file; /* its name, "" if there is none */
    const char *line;
} cases[] = {
    {"none", NULL, NULL, NULL, "",
     "no wl-paste, xclip or pngpaste; install one of them"},
    {"no image", "exit 1", "exit 1", NULL, "", "no image in the clipboard"},
    {"Wayland", PNG, NULL, NULL, "image-1.png", ""},
    {"as png first", IF_PNG PNG ";; *) " JPEG ";; esac", NULL, NULL,
     "image-1.png", ""},
    {"as jpeg", IF_JPEG JPEG ELSE_FAIL, NULL, NULL, "image-1.jpg", ""},
    {"X", NULL, IF_PNG PNG ELSE_FAIL, NULL, "image-1.png", ""},
    {"X, as jpeg", "exit 1", IF_JPEG JPEG ELSE_FAIL, NULL, "image-1.jpg", ""},
    {"macOS", NULL, NULL, "[ \"$*\" = - ] && " PNG, "image-1.png", ""},
    {"by its bytes", "printf GIF89a", NULL, NULL, "image-1.gif", ""},
    {"words", "echo words", NULL, NULL, "", "no image in the clipboard"},
    {"words here, an image there", "echo words", PNG, NULL, "image-1.png", ""},
    {"it failed behind it", PNG "; exit 1", NULL, NULL, "",
     "no image in the clipboard"},
    {"nothing", ":", NULL, NULL, "", "no image in the clipboard"},
    {"too large",
     PNG "; while :; do echo 0123456789012345678901234567890123"
         "456789012345678901234567890123456789; done",
     PNG, NULL, "", "the image in the clipboard is over 20 MB"},
};

static void
check(struct rig *r, size_t i)
{
    const struct value *args = answer(r, 1), *about = value_at(args, 1);
    const char *file = value_as_text(value_get(about, "file"), "?");
    const char *slash = strrchr(file, '/');
    cr_expect_eq(value_as_int(value_at(args, 0), 0), 7);
    cr_expect_str_eq(slash != NULL ? slash + 1 : file, cases[i].file, "%s",
                     cases[i].name);
    cr_expect_str_eq(value_as_text(value_get(about, "line"), "?"),
                     cases[i].line, "%s", cases[i].name);
    struct stat st;
    if (file[0] != '\0') {
        cr_expect_eq(stat(file, &st), 0, "%s", cases[i].name);
        cr_expect_eq(st.st_mode & 0777, 0600, "%s", cases[i].name);
        cr_expect_gt(st.st_size, 2, "%s", cases[i].name);
    }
}

Test(clipboard, whom_it_is_asked_of, .timeout = 60)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rig r;
        start(&r);
        if (cases[i].wl != NULL)
            program(&r, "wl-paste", cases[i].wl);
        if (cases[i].x != NULL)
            program(&r, "xclip", cases[i].x);
        if (cases[i].png != NULL)
            program(&r, "pngpaste", cases[i].png);
        paste(&r, 7);
        check(&r, i);
        stop(&r);
    }
}

static void
expect_file(struct rig *r, size_t n, const char *name)
{
    const struct value *about = value_at(answer(r, n), 1);
    const char *file = value_as_text(value_get(about, "file"), "");
    char *want = temp_path(r->dir, name);
    cr_expect_str_eq(file, want, "%zu: %s", n,
                     value_as_text(value_get(about, "line"), ""));
    free(want);
}

/* Nothing is overwritten, nor written through a link. */
Test(clipboard, names, .timeout = 30)
{
    struct rig r;
    start(&r);
    program(&r, "wl-paste", PNG);
    paste(&r, 1);
    expect_file(&r, 1, "chats/image-1.png");
    paste(&r, 2);
    expect_file(&r, 2, "chats/image-1-2.png");
    char *link = temp_path(r.dir, "chats/image-1-3.png");
    cr_assert_eq(symlink("/nowhere/at/all", link), 0);
    paste(&r, 3);
    expect_file(&r, 3, "chats/image-1-4.png");
    free(link);
    stop(&r);
}

Test(clipboard, one_at_a_time, .timeout = 30)
{
    struct rig r;
    start(&r);
    program(&r, "wl-paste", PNG);
    paste(&r, 1);
    paste(&r, 2);
    const struct value *args = answer(&r, 1);
    cr_expect_eq(value_as_int(value_at(args, 0), 0), 2);
    cr_expect_str_eq(value_as_text(value_get(value_at(args, 1), "line"), ""),
                     "the clipboard is being read; try again");
    expect_file(&r, 2, "chats/image-1.png");
    cr_expect_eq(value_as_int(value_at(answer(&r, 2), 0), 0), 1);
    stop(&r);
}

/* Why is said without the path, which would leave no room for it. */
static void
expect_refused(struct rig *r, size_t n, const char *line)
{
    paste(r, (int64_t)n);
    const struct value *about = value_at(answer(r, n), 1);
    cr_expect_str_eq(value_as_text(value_get(about, "file"), "?"), "");
    cr_expect_str_eq(value_as_text(value_get(about, "line"), ""), line);
}

Test(clipboard, a_folder_that_is_none, .timeout = 30)
{
    struct rig r;
    start(&r);
    program(&r, "wl-paste", PNG);
    char *chats = temp_path(r.dir, "chats");
    temp_write(chats, "", 0);
    expect_refused(&r, 1, "the image was not saved: is not a directory");
    cr_assert_eq(unlink(chats), 0);
    root_off();
    cr_assert_eq(chmod(r.dir, 0500), 0);
    expect_refused(&r, 2, "the image was not saved: Permission denied");
    cr_assert_eq(chmod(r.dir, 0700), 0);
    cr_assert_eq(mkdir(chats, 0500), 0);
    expect_refused(&r, 3, "the image was not saved: Permission denied");
    root_on();
    free(chats);
    stop(&r);
}

/* The editor is gone, and a program still runs. The loop may turn after that,
 * or not at all any more. */
Test(clipboard, it_ends_with_the_host, .timeout = 30)
{
    for (int turns = 0; turns < 4; turns += 3) {
        struct rig r;
        start(&r);
        program(&r, "wl-paste", "exec /bin/sleep 100");
        paste(&r, 1);
        r.host.editor = NULL;
        clipboard_free(r.host.clipboard);
        r.host.clipboard = NULL;
        for (int i = 0; i < turns; i++)
            loop_turn(r.host.lp, 20);
        cr_expect_eq(r.ed.count, 0);
        stop(&r);
    }
}
