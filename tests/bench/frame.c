/* What one frame costs the editor's only thread, next to the same text put in
 * by the editor alone, by the length of the chat. The server holds its answer
 * back; the frames are made here, so that nothing else is in what is timed. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

/* A script that keeps anchors, undo steps and cursors, to one or two calls:
 * 7 to 14 are seen. */
enum { FRAME_LIMIT = 50 };

struct cost {
    struct samples edit, draw; /* ms */
};

static void
take_frames(struct rig *r, size_t count, struct cost *out)
{
    for (size_t i = 0; i < count; i++) {
        char *text = ed_eval(r->ed, "BenchFrame()");
        double edit = 0, draw = 0;
        sscanf(text, "%lf %lf", &edit, &draw);
        free(text);
        samples_add(&out->edit, edit / 1000);
        samples_add(&out->draw, draw / 1000);
        ed_pump(r->ed, 1);
    }
}

/* hidden: the chat is in no window. */
static void
run(size_t lines, bool ours, bool hidden, struct cost *out)
{
    size_t count = bench_quick ? 60 : 200;
    struct rig r;
    rig_start(&r, WITH_UI);
    rig_chat(&r, lines);
    if (ours)
        rig_ask(&r, "words 1 0");
    long id = ours ? ed_number(r.ed, "deepchat#buf#running(bufnr('%%'))") : 0;
    rig_frames(&r, count, id);
    if (hidden)
        ed_ex(r.ed, "enew");
    take_frames(&r, count, out);
    rig_stop(&r);
}

static double
report_frame(const char *what, size_t lines, bool hidden)
{
    struct cost ours = {0}, alone = {0};
    run(lines, true, hidden, &ours);
    run(lines, false, hidden, &alone);
    double ms = samples_at(&ours.edit, 50);
    report(&(struct figure){what, "ms", ms, samples_at(&alone.edit, 50), 2,
                            FRAME_LIMIT, 0, 0});
    report(&(struct figure){"  p99", "ms", samples_at(&ours.edit, 99),
                            samples_at(&alone.edit, 99), 2, 0, 0, 0});
    report(&(struct figure){"  drawing it, p50", "ms",
                            samples_at(&ours.draw, 50),
                            samples_at(&alone.draw, 50), 0, 0, 0, 0});
    samples_free(&ours.edit);
    samples_free(&ours.draw);
    samples_free(&alone.edit);
    samples_free(&alone.draw);
    return ms;
}

void
bench_frame(void)
{
    static const size_t lines[] = {1000, 10000, 50000};
    double first = 0;
    for (size_t i = 0; i < 3; i++) {
        char what[64];
        snprintf(what, sizeof what, "a frame, %zu lines, p50", lines[i]);
        double ms = report_frame(what, lines[i], false);
        if (i == 0)
            first = ms;
        else
            report(&(struct figure){"  that to the same at 1,000 lines", "x",
                                    ms, first, 1.2, 2.5, 0, 0});
    }
    report_frame("a frame of a hidden chat, 1000 lines, p50", 1000, true);
}
