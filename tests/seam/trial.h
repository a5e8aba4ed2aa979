/* Texts cut into rounds, each round broken, joined, and compared. */
#ifndef SEAM_TRIAL_H
#define SEAM_TRIAL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "seam/files.h"

enum { SEAM_ROWS = 24 };

struct seam_row {
    size_t cases;
    size_t exact; /* the original is back */
    size_t both;  /* more than the original; nothing is missing */
    size_t wrong; /* something of the original is missing */
};

/* One row for each breakage, and behind them one for ends of the kept text
 * that are not unique. */
struct seam_tally {
    struct seam_row rows[SEAM_ROWS];
};

/* Run seeds from first on; what is not as it has to be is told to says (NULL:
 * to nobody). */
void seam_trial(struct seam_tally *tally, const struct seam_files *texts,
                uint64_t first, size_t seeds, FILE *says);

/* True if everything that has to be healed was, and nothing is missing. */
bool seam_tally_good(const struct seam_tally *tally);
/* The same for texts that nobody has looked at, in which one place of a
 * thousand may read as if something came again. */
bool seam_tally_fair(const struct seam_tally *tally);

#endif
