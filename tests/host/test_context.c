/* Gathering for an editor: order, pieces, limits, git, and an end at any time.
 */
#include "host/context.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "host/source.h"
#include "lib/fake_ed.h"
#include "lib/host_rig.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"

TestSuite(context, .timeout = 30);

enum { ID = 7, MS = 10000 };

static struct host_rig rig;
static struct fake_ed fe;
static char *dir;

static void
start(size_t text_max)
{
    fake_start(&fe, text_max);
    host_rig_start(&rig);
    host_init(&rig.host, rig.lp, rig.http, &fe.base);
    dir = tmpdir_new();
}

static void
stop(void)
{
    host_finish(&rig.host, 100);
    host_rig_stop(&rig);
    fake_finish(&fe);
    tmpdir_free(dir);
}

static void
put(const char *name, const void *bytes, size_t len)
{
    char *path = temp_path(dir, name);
    temp_write(path, bytes, len);
    free(path);
}

/* items: names of files, "diff" for that, separated by blanks. */
static void
gather(const char *items)
{
    struct value *args = value_map(), *list = value_list();
    struct dc_str rest = str_of(items);
    while (rest.len > 0) {
        size_t len = str_find(rest, ' ');
        struct dc_str name = {rest.ptr, len};
        struct value *item = value_map();
        if (str_is(name, "diff"))
            value_put(item, "diff", value_int(1));
        else
            value_put(item, "path", value_str(name));
        value_add(list, item);
        len += len < rest.len;
        rest = (struct dc_str){rest.ptr + len, rest.len - len};
    }
    value_put(args, "id", value_int(ID));
    value_put(args, "items", list);
    value_put(args, "cwd", value_text(dir));
    value_put(args, "project", value_text(dir));
    contexts_gather(rig.host.contexts, args);
    value_free(args);
}

/* Take pieces until it is over: "0:text 1:more..." and the last line. Owned. */
static char *
outcome(void)
{
    struct buf got;
    int64_t last = -1;
    buf_init(&got, 16 << 20);
    while (fake_count(&fe, "gathered") == 0) {
        HOST_UNTIL(&rig,
                   fake_waiting(&fe, "piece") || fake_count(&fe, "gathered"),
                   MS);
        struct fake_call *call = fake_waiting(&fe, "piece");
        if (call == NULL)
            break;
        int64_t item = value_as_int(value_at(call->args, 1), -1);
        struct dc_str text = value_as_str(value_at(call->args, 2));
        cr_expect_eq(value_as_int(value_at(call->args, 0), 0), ID);
        cr_expect(utf8_clean(text), "cut in a character");
        if (item != last)
            buf_addf(&got, "%d:", (int)item);
        last = item;
        buf_add_str(&got, text);
        fake_answer(call, value_int(1), NULL);
    }
    struct fake_call *call = &fe.calls[fe.count - 1];
    cr_assert(strstr(call->function, "gathered") != NULL, "%s", call->function);
    cr_expect_eq(value_as_int(value_at(call->args, 0), 0), ID);
    buf_addf(&got, "|%s", value_as_text(value_at(call->args, 1), "?"));
    return buf_take(&got, NULL);
}

static void
expect(const char *items, const char *want)
{
    gather(items);
    char *got = outcome();
    cr_expect_str_eq(got, want, "%s: %s", items, got);
    free(got);
    fake_finish(&fe);
    size_t text_max = fe.ops.text_max;
    fake_start(&fe, text_max);
}

Test(context, files)
{
    start(4);
    put("a", "one\ntwo\n", 8);
    put("b", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80xyz", 12);
    put("empty", "", 0);
    put("bin", "\0", 1);
    expect("", "|");
    expect("a", "0:one\ntwo|");
    expect("b a", "0:\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80xyz1:one\ntwo|");
    expect("empty a", "0:1:one\ntwo|");
    expect("a none b", "0:one\ntwo|no file none; nothing was sent");
    expect("a bin", "0:one\ntwo|bin is binary; nothing was sent");
    expect("..", "|.. is outside the project; nothing was sent");
    stop();
}

Test(context, over_the_limit)
{
    start(SOURCE_MAX);
    char *most = malloc(SOURCE_MAX);
    memset(most, 'x', SOURCE_MAX);
    put("m", most, SOURCE_MAX);
    put("one", "x", 1);
    free(most);
    gather("m m m m");
    char *got = outcome();
    cr_expect_str_eq(strchr(got, '|'), "|", "at the limit");
    free(got);
    fake_finish(&fe);
    fake_start(&fe, SOURCE_MAX);
    gather("m m m m one");
    got = outcome();
    cr_expect_str_eq(strchr(got, '|'),
                     "|what goes along is over 4 MiB; nothing was sent");
    free(got);
    stop();
}

static void
git(const char *a, const char *b, const char *c)
{
    struct proc p;
    const char *argv[] = {
        "git", "-C", dir, "-c", "user.name=x", "-c", "user.email=x@x",
        a,     b,    c,   NULL};
    proc_start(&p, argv, PROC_OUT);
    cr_assert(proc_wait(&p, MS));
    cr_assert_eq(proc_stop(&p), 0, "git %s", a);
}

/* The index is brought up to date by the diff, which a hook is told. */
static void
hook(void)
{
    static const char script[] = "#!/bin/sh\ntouch hooked\n";
    static const char *const files[] = {"a", "b"};
    char *path = temp_path(dir, "post-index-change");
    temp_write(path, script, sizeof script - 1);
    chmod(path, 0700);
    free(path);
    git("config", "core.hooksPath", dir);
    for (size_t i = 0; i < 2; i++) {
        path = temp_path(dir, files[i]);
        cr_assert_eq(utimes(path, (struct timeval[2]){{1, 0}, {1, 0}}), 0);
        free(path);
    }
}

Test(context, diff)
{
    start(1 << 16);
    setenv("GIT_CEILING_DIRECTORIES", "/", 1);
    gather("diff");
    char *got = outcome();
    cr_expect(strncmp(got, "|nothing was sent; git: ", 24) == 0, "%s", got);
    free(got);
    fake_finish(&fe);
    fake_start(&fe, 1 << 16);
    git("init", "-q", NULL);
    put("a", "one\n", 4);
    put("b", "two\n", 4);
    git("add", "a", "b");
    git("commit", "-qm", "x");
    expect("diff", "|git diff HEAD is empty; nothing was sent");
    /* what the repository wants to be run is not */
    hook();
    expect("diff", "|git diff HEAD is empty; nothing was sent");
    char *hooked = temp_path(dir, "hooked");
    cr_expect_eq(access(hooked, F_OK), -1);
    free(hooked);
    git("config", "diff.external", "false");
    git("config", "core.fsmonitor", "false");
    git("config", "color.ui", "always");
    put("a", "caf\xe9\n", 5);
    gather("a diff");
    got = outcome();
    cr_expect_str_eq(got, "|a is not UTF-8 text; nothing was sent");
    free(got);
    fake_finish(&fe);
    fake_start(&fe, 1 << 16);
    gather("diff");
    got = outcome();
    cr_expect(strstr(got, "-one\n+caf\xef\xbf\xbd|") != NULL, "%s", got);
    cr_expect(strncmp(got, "0:diff --git a/a b/a\n", 21) == 0, "%s", got);
    free(got);
    stop();
}

Test(context, ends)
{
    start(1 << 16);
    put("a", "one", 3);
    gather("a a");
    contexts_stop(rig.host.contexts, ID + 1);
    cr_assert_not_null(fake_waiting(&fe, "piece"));
    contexts_stop(rig.host.contexts, ID);
    fake_answer(fake_waiting(&fe, "piece"), value_int(1), NULL);
    cr_expect_eq(fake_count(&fe, "gathered"), 0);
    gather("diff");
    contexts_stop(rig.host.contexts, 0);
    /* the one that was stopped ends before this one */
    gather("diff");
    HOST_UNTIL(&rig, fake_count(&fe, "gathered") == 1, MS);
    gather("a a");
    fake_answer(fake_waiting(&fe, "piece"), NULL, "E1");
    cr_expect_eq(fake_count(&fe, "piece"), 2);
    cr_expect_eq(fake_count(&fe, "gathered"), 2, "only of the last two");
    /* the rest ends with the host */
    gather("a a");
    gather("a");
    stop();
}
