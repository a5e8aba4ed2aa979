/* What is paid once: at start-up, for a chat, for a send; and 32 chats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "lib/proc.h"
#include "lib/tmpdir.h"

enum { CHATS = 32, CHAT_RATE = 50 };

static size_t
chat_tokens(void)
{
    return CHAT_RATE * (bench_quick ? 2 : 5);
}

/* ---- many chats ---- */

static void
start_chats(struct rig *r, int64_t bufs[CHATS])
{
    char script[64];
    snprintf(script, sizeof script, "hold g\nwords %zu %d\nfinish stop\ndone\n",
             chat_tokens(), CHAT_RATE);
    server_script(r->sv, "b", script);
    for (size_t i = 0; i < CHATS; i++) {
        ed_ex(r->ed, "DeepChat! Well?");
        rig_watch(r);
        bufs[i] = ed_number(r->ed, "bufnr('%%')");
        ed_ex(r->ed, "silent! only!");
        server_wait_held(r->sv, "g", i + 1, PATIENCE_MS);
        ed_wait(r->ed, PATIENCE_MS, "search('^%%%% assistant$', 'bnw') > 0");
    }
    ed_pump(r->ed, 100);
}

void
bench_many(void)
{
    struct rig r;
    int64_t bufs[CHATS];
    struct samples late = {0};
    rig_start(&r, WITH_UI);
    start_chats(&r, bufs);
    rig_forget(&r);
    double cpu = rig_cpu(&r);
    rig_go(&r);
    rig_until_ended(&r, CHATS);
    cpu = (rig_cpu(&r) - cpu) * 1e4 / (double)(CHATS * chat_tokens());
    double mb = resident_mb(ed_host(r.ed));
    for (size_t i = 0; i < CHATS && !bench_vim; i++)
        rig_delivery(&r, i + 1, bufs[i], &late);
    rig_stop(&r);
    if (bench_vim)
        not_run("32 chats x 50 tok/s, delivery");
    else
        report(&(struct figure){"32 chats x 50 tok/s, delivery p99", "ms",
                                samples_at(&late, 99), 0, 36, 0, 0, 0});
    report(&(struct figure){"32 chats x 50 tok/s, CPU per 10,000 tokens", "s",
                            cpu, 0, 0, 0, 0, 0});
    report(&(struct figure){"  memory of the host", "MB", mb, 0, 12, 0, 0, 0});
    samples_free(&late);
}

/* ---- start-up ---- */

/* ms of "self+sourced" of the line that ends with name; 0 if there is none. */
static double
startup_of(const char *log, const char *name)
{
    const char *at = strstr(log, name);
    while (at != NULL && at > log && at[-1] != '\n')
        at--;
    double clock = 0, sourced = 0;
    if (at == NULL || sscanf(at, "%lf %lf", &clock, &sourced) != 2)
        return 0;
    return sourced;
}

static double
plugin_ms(void)
{
    struct samples all = {0};
    char *dir = tmpdir_new();
    char *log = temp_path(dir, "log");
    const char *nvim = getenv("NVIM_BIN");
    for (int i = 0; i < 9; i++) {
        const char *argv[] = {nvim != NULL ? nvim : "nvim",
                              "--clean",
                              "--headless",
                              "--startuptime",
                              log,
                              "--cmd",
                              "set rtp^=.",
                              "+qa",
                              NULL};
        struct proc p;
        proc_start(&p, argv, 0);
        proc_wait(&p, PATIENCE_MS);
        char *text = temp_read(log, NULL);
        samples_add(&all, startup_of(text, "/plugin/deepchat.vim"));
        free(text);
        remove(log);
    }
    double ms = samples_at(&all, 50);
    samples_free(&all);
    free(log);
    tmpdir_free(dir);
    return ms;
}

/* ---- in the editor ---- */

/* ms of one Ex command. */
static double
time_of(struct rig *r, const char *command)
{
    ed_ex(r->ed,
          "let g:at = reltime() | execute '%s' | let g:took = reltime(g:at)",
          command);
    ed_ex(r->ed, "let g:us = float2nr(reltimefloat(g:took) * 1.0e6)");
    return (double)ed_number(r->ed, "g:us") / 1000;
}

static double
open_ms(const char *command)
{
    struct samples all = {0};
    for (int i = 0; i < (bench_quick ? 3 : 9); i++) {
        struct rig r;
        rig_start(&r, WITH_UI);
        samples_add(&all, time_of(&r, command));
        rig_stop(&r);
    }
    double ms = samples_at(&all, 50);
    samples_free(&all);
    return ms;
}

static void
bench_sends(void)
{
    struct rig r;
    struct samples block = {0}, steps = {0};
    rig_start(&r, WITH_UI);
    rig_chat(&r, 0);
    server_script(r.sv, "b", "words 300 2000\nfinish stop\ndone\n");
    for (size_t i = 0; i < (bench_quick ? 5 : 15); i++) {
        ed_ex(r.ed, "call deepchat#chat#add_text(bufnr('%%'), ['Well?']) | "
                    "call deepchat#chat#to_end()");
        long before = ed_number(r.ed, "undotree().seq_last");
        samples_add(&block, time_of(&r, "call deepchat#chat#send_key()"));
        rig_until_ended(&r, i + 1);
        long after = ed_number(r.ed, "undotree().seq_last");
        samples_add(&steps, (double)(after - before));
    }
    rig_stop(&r);
    report(&(struct figure){"a send blocks the editor, p50", "ms",
                            samples_at(&block, 50), 0, 1, 0, 0, 0});
    report(&(struct figure){"undo steps of a reply", "",
                            samples_at(&steps, 100), 1, 1, 1, 0, 0});
    samples_free(&block);
    samples_free(&steps);
}

void
bench_costs(void)
{
    if (bench_vim)
        not_run("plugin/ at start-up");
    else
        report(&(struct figure){"plugin/ at start-up", "ms", plugin_ms(), 0, 1,
                                0, 0, 0});
    report(&(struct figure){"the first chat, opened", "ms",
                            open_ms("DeepChat!"),
                            open_ms("new | setfiletype text"), 5, 0, 0, 0});
    bench_sends();
}
