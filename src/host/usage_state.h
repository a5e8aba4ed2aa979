/* Shared by the files of usage: usage.c writes, usage_learn.c learns. */
#ifndef HOST_USAGE_STATE_H
#define HOST_USAGE_STATE_H

#include "host/usage.h"
#include "host/usage_line.h"

struct waiting;

struct learned {
    char *model; /* as in lines */
    double factor;
    int count;
};

struct usage {
    struct loop *lp;
    struct catalog *catalog;
    struct waiting *first; /* lines that could not be written yet */
    uint64_t timer;
    int later_ms;
    uint64_t run;     /* differs from that of other hosts */
    int64_t *unnamed; /* buffers of chats that have no file yet */
    size_t unnamed_count;
    struct learned *learned; /* by model */
    size_t learned_count;
    char *learned_from; /* the directory; NULL: none was read yet */
    char *said;         /* usage_said(): the model; NULL: none yet */
};

/* ---- usage_learn.c ---- */

void usage_learn(struct usage *u, const struct usage_line *line);
void usage_learn_free(struct usage *u);

#endif
