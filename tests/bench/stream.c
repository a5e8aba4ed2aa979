/* At the pace of a model, with a screen; short chats and long ones. */
#include <stdio.h>

#include "bench/bench.h"

struct paced {
    double cpu;     /* seconds per 10,000 tokens */
    double updates; /* of the screen, a second */
    double wire;    /* ms from the send to the request at the server */
};

static void
begin(struct rig *r, size_t tokens, int rate, bool ours)
{
    char answer[32];
    snprintf(answer, sizeof answer, "words %zu %d", tokens, rate);
    if (ours)
        rig_ask(r, answer);
    else
        ed_pump(r->ed, 100);
    rig_forget(r);
}

static void
go(struct rig *r, size_t tokens, int rate, bool ours)
{
    if (ours)
        rig_go(r);
    else
        rig_alone(r, tokens, rate > 0 ? frame_bytes(tokens, rate) : frame_max(),
                  rate > 0 ? FRAME_MS : 1);
}

/* Nothing but the stream: no probe, nobody listens. */
static struct paced
measure(size_t lines, size_t tokens, int rate, bool ours)
{
    struct rig r;
    rig_start(&r, WITH_UI);
    rig_chat(&r, lines);
    begin(&r, tokens, rate, ours);
    double cpu = rig_cpu(&r);
    size_t drawn = ed_redraws(r.ed), ended = r.ended;
    uint64_t at = now_us();
    go(&r, tokens, rate, ours);
    rig_until_ended(&r, ended + 1);
    double s = (double)(now_us() - at) / 1e6;
    struct paced p = {
        .updates = (double)(ed_redraws(r.ed) - drawn) / s,
        .cpu = (rig_cpu(&r) - cpu) * 1e4 / (double)tokens,
    };
    if (ours)
        p.wire = rig_wire(&r);
    rig_stop(&r);
    return p;
}

/* How long keys and calls wait meanwhile, and how late tokens are. */
static void
probe(size_t tokens, int rate, bool ours, struct samples *waits,
      struct samples *late)
{
    struct rig r;
    rig_start(&r, WITH_UI);
    rig_chat(&r, 0);
    rig_watch(&r);
    begin(&r, tokens, rate, ours);
    size_t ended = r.ended;
    go(&r, tokens, rate, ours);
    rig_probe(&r, ended + 1, rate > 0 ? 20 : 2, waits);
    if (ours && !bench_vim)
        rig_delivery(&r, 1, 0, late);
    rig_stop(&r);
}

/* Neovim alone is busy with its screen; Vim alone with next to nothing, and
 * what we do there is done by its script. */
static double
cpu_limit(void)
{
    return bench_vim ? 20 : 5;
}

/* A shorter baseline says more about the machine. */
static double
floor_of(double v, double least)
{
    return v > least ? v : least;
}

static void
report_waits(size_t tokens, int rate)
{
    struct samples ours = {0}, alone = {0}, late = {0}, none = {0};
    probe(tokens, rate, true, &ours, &late);
    probe(tokens, rate, false, &alone, &none);
    if (bench_vim) {
        not_run("  delivery");
    } else if (rate > 0) {
        report(&(struct figure){"  delivery p50", "ms", samples_at(&late, 50),
                                0, 0, 0, 0, 0});
        report(&(struct figure){"  delivery p99", "ms", samples_at(&late, 99),
                                0, FRAME_MS + 2, 0, 0, 0});
    }
    report(&(struct figure){"  key and call wait p99", "ms",
                            samples_at(&ours, 99),
                            floor_of(samples_at(&alone, 99), 1), 2, 20, 0, 0});
    report(&(struct figure){"  key and call wait, longest", "ms",
                            samples_at(&ours, 100), samples_at(&alone, 100), 10,
                            0, 0, 0});
    samples_free(&ours);
    samples_free(&alone);
    samples_free(&late);
}

static void
one_rate(int rate, double goal)
{
    size_t tokens = (size_t)rate * (bench_quick ? 3 : 8);
    char what[64];
    struct paced ours = measure(0, tokens, rate, true);
    struct paced alone = measure(0, tokens, rate, false);
    snprintf(what, sizeof what, "%d tok/s, CPU per 10,000 tokens", rate);
    report(&(struct figure){what, "s", ours.cpu, alone.cpu, goal, cpu_limit(),
                            0, 0});
    report(&(struct figure){"  screen updates", "1/s", ours.updates,
                            alone.updates, 25, 0, 0, MORE_IS_BETTER});
    report_waits(tokens, rate);
}

void
bench_rates(void)
{
    one_rate(100, 2.5);
    one_rate(1000, 0.7);
    remark("flat out, 200,000 tokens");
    report_waits(200000, 0);
}

void
bench_long(void)
{
    static const size_t lines[] = {1000, 10000, 50000};
    size_t tokens = 600; /* so many that the cost of a send counts little */
    double first = 0;
    for (size_t i = 0; i < 3; i++) {
        char what[64];
        struct paced ours = measure(lines[i], tokens, 100, true);
        struct paced alone = measure(lines[i], tokens, 100, false);
        snprintf(what, sizeof what, "%zu lines, CPU per 10,000 tokens",
                 lines[i]);
        report(&(struct figure){what, "s", ours.cpu, alone.cpu, 0, cpu_limit(),
                                0, 0});
        if (i == 0)
            first = ours.cpu;
        else
            report(&(struct figure){"  that to the same at 1,000 lines", "x",
                                    ours.cpu / first, 1, 1.2, 2.5, 0, 0});
        report(&(struct figure){"  screen updates", "1/s", ours.updates,
                                alone.updates, 25, 0, i > 0 ? 25 : 0,
                                MORE_IS_BETTER});
        report(&(struct figure){"  send to request at the server", "ms",
                                ours.wire, 0, 0, 0, 0, 0});
    }
}
