/*
 * The host with an editor that reviews rewrites: what it is told is merged by
 * hunk_model, and every rule of the calls is checked on the way.
 */
#ifndef TEST_REVIEW_RIG_H
#define TEST_REVIEW_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_ed.h"
#include "host_rig.h"
#include "hunk_model.h"

enum { REVIEW_RIG_MS = 10000 };

/* One rewrite as the editor sees it. */
struct seen {
    int64_t id;
    struct hunk_model model;
    struct value *about; /* what #finish() said; NULL before */
    size_t finished;     /* how often */
    char status[128];    /* the last */
    struct seen *next;
};

struct review_rig {
    struct host_rig base;
    struct fake_ed ed;
    struct seen *seen;
    const char *word; /* for updates, "ok" by default */
    size_t batch;     /* rewrites in the largest update */
    size_t notices;
};

/* text_max: of the editor. */
void review_rig_start(struct review_rig *r, size_t text_max);
void review_rig_stop(struct review_rig *r);

/* The operation op with args, taken. */
void review_rig_op(struct review_rig *r, const char *op, struct value *args);
/* {"id": id}: for stop, rewrite_go_on, rewrite_closed. */
void review_rig_id(struct review_rig *r, const char *op, int64_t id);

/* The arguments of a rewrite of whole lines, to script. Owned. */
struct value *review_rig_args(struct review_rig *r, int64_t id,
                              const char *script, const char *text);
/* Send them. old: the selection as whole lines, NULL: it is text. */
void review_rig_ask(struct review_rig *r, struct value *args, const char *old);
void review_rig_rewrite(struct review_rig *r, int64_t id, const char *script,
                        const char *text);

struct seen *review_rig_seen(struct review_rig *r, int64_t id);

/* Answer the oldest call that waits. False if none does. */
bool review_rig_answer(struct review_rig *r);
/* Answer all, until count rewrites are finished; fails if that takes too long.
 */
void review_rig_serve(struct review_rig *r, size_t count);
/* Answer all that comes in ms. */
void review_rig_idle(struct review_rig *r, int ms);
/* Rewrites that are finished. */
size_t review_rig_finished(const struct review_rig *r);

/* A script of the server that answers with text in tokens of piece bytes. tail:
 * its last lines. */
void review_rig_script(struct review_rig *r, const char *name, const char *text,
                       size_t piece, const char *tail);

/* The end of one: outcome, finish and the text with all hunks taken, or, if it
 * is not whole, with those that are settled. */
void review_rig_expect(struct review_rig *r, int64_t id, const char *outcome,
                       const char *finish, const char *text);

#endif
