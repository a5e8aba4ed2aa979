/*
 * The bench: DeepChat, and an editor alone that inserts the same text by itself
 * (baseline.lua, baseline.vim), in one run on one machine.
 *
 * Only what does not depend on the machine decides how it ends: ratios to the
 * editor alone, the growth of the cost with the length of the chat, and that
 * the screen of a long chat lives. The limits are two to five times what is
 * seen, so that a busy machine does not fail and a mistake of a wrong order
 * does. The goals are those of quiet hardware and only told.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ed.h"
#include "lib/server.h"

/* CLOCK_MONOTONIC, as the server's log. */
uint64_t now_us(void);
/* Seconds of CPU that a process has used; 0 where that cannot be asked. */
double cpu_seconds(pid_t pid);
/* Megabytes; 0 where that cannot be asked. */
double resident_mb(pid_t pid);

struct samples {
    double *v;
    size_t count;
};
void samples_add(struct samples *s, double v);
void samples_free(struct samples *s);
/* percent 50: the median; 100: the greatest; 0 if there are none. */
double samples_at(struct samples *s, double percent);

/* ---- the table ---- */

enum { MORE_IS_BETTER = 1 };

struct figure {
    const char *what;
    const char *unit;
    double ours;
    double alone; /* the editor alone; 0: nothing to compare with */
    double goal;  /* of DESIGN.md 3.6; 0: none */
    double limit; /* of ours / alone (MORE_IS_BETTER: alone / ours); 0: none */
    double least; /* ours must be as much; 0: nothing */
    unsigned flags;
};
void report(const struct figure *f);
/* Print what does not fit into it. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A row that this editor cannot have. */
void not_run(const char *what);
/* The number of limits passed. */
size_t report_end(void);

/* ---- a server and an editor ---- */

struct arrival {
    uint64_t at;
    int64_t buf;
    int64_t bytes; /* by which the buffer grew */
};

struct rig {
    struct server *sv;
    struct ed *ed;
    struct arrival *arrivals;
    size_t arrival_count;
    uint64_t flushed;     /* when the screen was last brought up to date */
    uint64_t first_flush; /* the first one since the first arrival, or 0 */
    size_t keys, ended;
    uint64_t asked; /* when rig_ask() began to send */
};

enum { FRAME_MS = 33 };
/* The length that a frame brings, by the first so many tokens. */
size_t frame_bytes(size_t tokens, int rate);
/* What fits into a frame. */
size_t frame_max(void);

enum { WITH_UI = true, NO_UI = false, PATIENCE_MS = 20000 };

void rig_start(struct rig *r, bool ui);
void rig_stop(struct rig *r);
/* A new chat, the only window; with lines of earlier turns if not 0. */
void rig_chat(struct rig *r, size_t lines);
/* Send a question. Returns when the server holds the answer back, its place is
 * in the buffer and the screen is quiet. answer: lines of a script. */
void rig_ask(struct rig *r, const char *answer);
/* ms from there until the request was at the server. */
double rig_wire(struct rig *r);
/* Tell of every change of the current buffer, from now on; not in Vim. */
void rig_watch(struct rig *r);
void rig_forget(struct rig *r);
/* Let the answer come. */
void rig_go(struct rig *r);
/* Handle what the editor sends until count replies, or runs of the baseline,
 * have ended since the start. */
void rig_until_ended(struct rig *r, size_t count);
void rig_pump_until(struct rig *r, uint64_t end);
/* The same, asking and typing every so many ms; how long that took goes to
 * waits, in ms. */
void rig_probe(struct rig *r, size_t count, int every, struct samples *waits);
/* CPU of editor and host so far. */
double rig_cpu(struct rig *r);

/* Put the text of so many tokens in pieces at the end of the current chat's
 * last answer, from inside the editor: every ms milliseconds, or at once if ms
 * is 0. Ends like a reply. */
void rig_alone(struct rig *r, size_t tokens, size_t piece, int ms);

/* Have so many frames of FRAME_MS at 1,000 tokens a second ready for
 * BenchFrame(); id as there. */
void rig_frames(struct rig *r, size_t count, long id);

/* ms between the wire and the buffer, of each token but the first, of request
 * number request into buffer buf (0: any). */
void rig_delivery(struct rig *r, size_t request, int64_t buf,
                  struct samples *out);
/* When the last byte of so many tokens was in the buffer; 0 if it was not. */
uint64_t rig_complete(const struct rig *r, size_t tokens);

/* ---- what is measured ---- */

/* bench_vim: in Vim, which tells of no change as it is made, so that no row can
 * be had that needs to know when text was in the buffer. */
extern bool bench_quick, bench_vim;

void bench_frame(void);
void bench_flat(void);
void bench_rates(void);
void bench_long(void);
void bench_first(void);
void bench_many(void);
void bench_costs(void);
void bench_rewrite(void);
void bench_review(void);

#endif
