/* Everything is told by what lies on disk and what the processes do, never by
 * how long something took. */
#include "wreck.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "proc.h"
#include "tmpdir.h"

enum { MOMENT_MS = 300 };

#define SETTINGS "'system': '', 'model': 'm'"

/* ---- life ---------------------------------------------------------------- */

void
wreck_start(struct wreck *w, const char *script, const char *settings)
{
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    *w = (struct wreck){.sv = server_start(NULL), .settings = settings};
    w->home = tmpdir_new();
    wreck_script(w, script);
    wreck_editor(w);
}

void
wreck_stop(struct wreck *w)
{
    if (w->ed != NULL)
        ed_stop(w->ed);
    server_stop(w->sv);
    tmpdir_free(w->home);
}

void
wreck_script(struct wreck *w, const char *script)
{
    server_reset(w->sv);
    w->requests = 0;
    server_script(w->sv, "t", script);
}

void
wreck_editor(struct wreck *w)
{
    char all[2048];
    snprintf(all, sizeof all, SETTINGS "%s%s",
             w->settings[0] != '\0' ? ", " : "", w->settings);
    w->ed = ed_start(server_url(w->sv, "t"), all, w->home);
}

pid_t
wreck_kill_editor(struct wreck *w)
{
    pid_t host = ed_host(w->ed);
    ed_kill(w->ed);
    w->ed = NULL;
    return host;
}

void
wreck_quit(struct ed *ed)
{
    pid_t host = ed_host(ed);
    ed_stop(ed);
    cr_assert(host == 0 || wreck_gone(host, WRECK_MS));
}

void
wreck_kill_host(struct wreck *w)
{
    pid_t host = ed_host(w->ed);
    cr_assert(host > 0);
    kill(host, SIGKILL);
    cr_assert(ed_wait(w->ed, WRECK_MS, "!deepchat#host#running()"));
}

static bool
is_gone(void *user)
{
    pid_t pid = *(pid_t *)user;
    return waitpid(pid, NULL, WNOHANG) == pid || kill(pid, 0) != 0;
}

bool
wreck_gone(pid_t pid, int ms)
{
    return wait_until(is_gone, &pid, ms);
}

/* ---- a chat -------------------------------------------------------------- */

void
wreck_ask(struct wreck *w, const char *question)
{
    ed_ex(w->ed, "silent! only! | DeepChat! %s", question);
    ed_ex(w->ed, "only!");
    w->requests++;
}

bool
wreck_shows(struct wreck *w, const char *text)
{
    return ed_wait(w->ed, WRECK_MS,
                   "stridx(join(getline(1, '$'), \"\\n\"), \"%s\") >= 0", text);
}

bool
wreck_idle(struct wreck *w)
{
    return ed_wait(w->ed, WRECK_MS, "!deepchat#buf#any_running()");
}

void
wreck_resume(struct wreck *w)
{
    ed_ex(w->ed, "messages clear");
    ed_ex(w->ed, "DeepResume");
    cr_assert(ed_wait(w->ed, WRECK_MS,
                      "execute('messages') =~# "
                      "'restored\\|nothing to resume\\|replies;"
                      "\\|still coming'"));
}

static bool
is_said(struct wreck *w, const char *text, int ms)
{
    return ed_wait(w->ed, ms, "stridx(execute('messages'), \"%s\") >= 0", text);
}

bool
wreck_said(struct wreck *w, const char *text)
{
    return is_said(w, text, WRECK_MS) && !ed_blocked(w->ed);
}

bool
wreck_not_said(struct wreck *w, const char *text)
{
    return !is_said(w, text, MOMENT_MS);
}

static void
trim(char *text)
{
    size_t len = strlen(text), start = strspn(text, "\n");
    while (len > start && text[len - 1] == '\n')
        len--;
    memmove(text, text + start, len - start);
    text[len - start] = '\0';
}

char *
wreck_reply(struct wreck *w)
{
    char *text = ed_text(w->ed), *reply = NULL;
    for (char *at = text; (at = strstr(at, "%% assistant")) != NULL; at++)
        if (at == text || at[-1] == '\n')
            reply = at + strcspn(at, "\n");
    if (reply == NULL)
        reply = text + strlen(text);
    char *end = strstr(reply, "\n%% user");
    if (end != NULL)
        *end = '\0';
    memmove(text, reply, strlen(reply) + 1);
    trim(text);
    return text;
}

char *
wreck_sent(struct wreck *w, size_t request)
{
    char *text = server_sent(
        w->sv, request > 0 ? request : server_requests(w->sv), NULL);
    trim(text);
    return text;
}

void
wreck_expect_all(struct wreck *w, const char *name)
{
    char *got = wreck_reply(w), *want = wreck_sent(w, 0);
    cr_expect(want[0] != '\0', "%s: nothing was sent", name);
    cr_expect_str_eq(got, want, "%s: %zu bytes, sent %zu", name, strlen(got),
                     strlen(want));
    free(got);
    free(want);
}

/* ---- files --------------------------------------------------------------- */

static struct {
    const char *suffix;
    size_t count;
    char *path;
} search;

static int
visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)at;
    size_t len = strlen(path), suffix = strlen(search.suffix);
    if (type != FTW_F || len < suffix ||
        strcmp(path + len - suffix, search.suffix) != 0)
        return 0;
    search.count++;
    free(search.path);
    search.path = strdup(path);
    return 0;
}

size_t
wreck_count(const struct wreck *w, const char *suffix)
{
    free(search.path);
    search.path = NULL;
    search.suffix = suffix;
    search.count = 0;
    nftw(w->home, visit, 16, FTW_PHYS);
    return search.count;
}

char *
wreck_find(const struct wreck *w, const char *suffix)
{
    return wreck_count(w, suffix) == 1 ? strdup(search.path) : NULL;
}

/* ---- who else is there ---- */

char *
wreck_chat(struct wreck *w)
{
    wreck_start(w, "token Fine.\nfinish stop 1 2 0.5\ndone\n", "");
    wreck_ask(w, "Say");
    cr_assert(server_wait_requests(w->sv, 1, WRECK_MS));
    cr_assert(wreck_idle(w));
    char *path = wreck_find(w, ".deepchat.md");
    cr_assert_not_null(path);
    return path;
}

struct ed *
wreck_second(struct wreck *w)
{
    struct ed *first = w->ed;
    wreck_editor(w);
    struct ed *second = w->ed;
    w->ed = first;
    return second;
}
