/* As fast as it comes; with no screen in Neovim, and up to the end of the
 * reply, not of its text, in Vim. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

struct flat {
    double rate; /* tokens a second */
    double cpu;  /* seconds per 10,000 tokens */
    double grown, host;
};

static void
run_ours(struct rig *r, size_t tokens, struct flat *out)
{
    char answer[32];
    snprintf(answer, sizeof answer, "words %zu 0", tokens);
    rig_chat(r, 0);
    rig_watch(r);
    rig_ask(r, answer);
    rig_forget(r);
    double cpu = rig_cpu(r), mb = resident_mb(ed_pid(r->ed));
    size_t ended = r->ended;
    rig_go(r);
    rig_until_ended(r, ended + 1);
    size_t count;
    uint64_t *sent = server_times(r->sv, 1, &count);
    uint64_t end = bench_vim ? now_us() : rig_complete(r, tokens);
    double us = (double)(end - sent[0]);
    free(sent);
    out->rate = (double)tokens * 1e6 / us;
    out->cpu = (rig_cpu(r) - cpu) * 1e4 / (double)tokens;
    out->grown = resident_mb(ed_pid(r->ed)) - mb;
    out->host = resident_mb(ed_host(r->ed));
}

static void
run_alone(struct rig *r, size_t tokens, struct flat *out)
{
    rig_chat(r, 0);
    rig_watch(r);
    rig_forget(r);
    double cpu = rig_cpu(r), mb = resident_mb(ed_pid(r->ed));
    size_t ended = r->ended;
    uint64_t at = now_us();
    rig_alone(r, tokens, frame_max(), 0);
    rig_until_ended(r, ended + 1);
    out->rate = (double)tokens * 1e6 / (double)(now_us() - at);
    out->cpu = (rig_cpu(r) - cpu) * 1e4 / (double)tokens;
    out->grown = resident_mb(ed_pid(r->ed)) - mb;
}

static struct flat
median(size_t tokens, bool ours)
{
    struct samples rate = {0}, cpu = {0};
    struct flat f = {0};
    for (int i = 0; i < (bench_quick ? 3 : 5); i++) {
        struct rig r;
        rig_start(&r, NO_UI);
        (ours ? run_ours : run_alone)(&r, tokens, &f);
        rig_stop(&r);
        samples_add(&rate, f.rate);
        samples_add(&cpu, f.cpu);
    }
    f.rate = samples_at(&rate, 50);
    f.cpu = samples_at(&cpu, 50);
    samples_free(&rate);
    samples_free(&cpu);
    return f;
}

void
bench_flat(void)
{
    static const size_t counts[] = {10000, 50000};
    for (size_t i = 0; i < 2; i++) {
        struct flat ours = median(counts[i], true);
        struct flat alone = median(counts[i], false);
        char what[64];
        snprintf(what, sizeof what, "flat out, %zu tokens", counts[i]);
        report(&(struct figure){what, "tok/s", ours.rate, alone.rate, 400e3, 40,
                                0, MORE_IS_BETTER});
        report(&(struct figure){"  CPU per 10,000 tokens", "s", ours.cpu,
                                alone.cpu, 0.03, 40, 0, 0});
        if (i == 0)
            continue;
        report(&(struct figure){"  memory of the host", "MB", ours.host, 0, 10,
                                0, 0, 0});
        report(&(struct figure){"  growth of the editor", "MB", ours.grown,
                                alone.grown, 5, 0, 0, 0});
    }
}
