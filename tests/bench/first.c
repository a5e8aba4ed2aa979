/* The way of the request, and of the first token. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

struct ways {
    struct samples wire, cold, buffer, screen, alone_buffer, alone_screen;
};

static double
ms(uint64_t from, uint64_t to)
{
    return to > from ? (double)(to - from) / 1000 : 0;
}

/* Press <CR> under a new question; when the request was at the server. */
static void
press_send(struct rig *r, struct samples *out)
{
    struct server_log log;
    server_reset(r->sv);
    server_script(r->sv, "b", "hold g\ntoken Hi\nhold h\nfinish stop\ndone\n");
    ed_ex(r->ed, "call deepchat#chat#add_text(bufnr('%%'), ['Well?']) | "
                 "call deepchat#chat#to_end()");
    ed_pump(r->ed, 20);
    uint64_t at = now_us();
    ed_keys(r->ed, "<CR>");
    server_wait_held(r->sv, "g", 1, PATIENCE_MS);
    if (server_log(r->sv, 1, &log))
        samples_add(out, ms(at, log.ready));
}

/* Until the first change is in the buffer and on the screen. */
static void
see(struct rig *r, uint64_t since, struct samples *buffer,
    struct samples *screen)
{
    while (r->first_flush == 0)
        ed_turn(r->ed, 1000);
    samples_add(buffer, ms(since, r->arrivals[0].at));
    samples_add(screen, ms(since, r->first_flush));
}

static void
first_token(struct rig *r, struct ways *w)
{
    size_t count, ended = r->ended;
    press_send(r, &w->wire);
    ed_pump(r->ed, 60);
    rig_forget(r);
    rig_go(r);
    while (r->first_flush == 0)
        ed_turn(r->ed, 1000);
    uint64_t *sent = server_times(r->sv, 1, &count);
    if (count > 0)
        see(r, sent[0], &w->buffer, &w->screen);
    free(sent);
    server_release(r->sv, "h");
    rig_until_ended(r, ended + 1);
}

static void
first_alone(struct rig *r, struct ways *w)
{
    ed_pump(r->ed, 40);
    rig_forget(r);
    uint64_t at = now_us();
    ed_ex(r->ed, "call nvim_buf_set_text(0, 1, 0, 1, 0, ['Hi'])");
    see(r, at, &w->alone_buffer, &w->alone_screen);
}

static void
cold_send(struct rig *r, struct ways *w)
{
    size_t ended = r->ended;
    ed_ex(r->ed, "call deepchat#host#stop()");
    ed_wait(r->ed, PATIENCE_MS, "!deepchat#host#running()");
    press_send(r, &w->cold);
    rig_go(r);
    server_release(r->sv, "h");
    rig_until_ended(r, ended + 1);
}

void
bench_first(void)
{
    struct rig r;
    struct ways w = {0};
    if (bench_vim) {
        not_run("send to request, first token to buffer");
        return;
    }
    rig_start(&r, WITH_UI);
    rig_chat(&r, 0);
    rig_watch(&r);
    for (int i = 0; i < (bench_quick ? 15 : 50); i++)
        first_token(&r, &w);
    for (int i = 0; i < (bench_quick ? 3 : 9); i++)
        cold_send(&r, &w);
    for (int i = 0; i < (bench_quick ? 15 : 50); i++)
        first_alone(&r, &w);
    rig_stop(&r);
    report(&(struct figure){"send to request at the server, p50", "ms",
                            samples_at(&w.wire, 50), 0, 2, 0, 0, 0});
    report(&(struct figure){"  the host not running", "ms",
                            samples_at(&w.cold, 50), 0, 12, 0, 0, 0});
    report(&(struct figure){"first token to buffer, p50", "ms",
                            samples_at(&w.buffer, 50),
                            samples_at(&w.alone_buffer, 50), 0.5, 30, 0, 0});
    report(&(struct figure){"first token to screen, p50", "ms",
                            samples_at(&w.screen, 50),
                            samples_at(&w.alone_screen, 50), 1.5, 20, 0, 0});
    samples_free(&w.wire);
    samples_free(&w.cold);
    samples_free(&w.buffer);
    samples_free(&w.screen);
    samples_free(&w.alone_buffer);
    samples_free(&w.alone_screen);
}
