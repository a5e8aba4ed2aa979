/* The recovery table, as `make seam-report` prints it. */
#ifndef SEAM_REPORT_H
#define SEAM_REPORT_H

#include <stdio.h>

#include "base/buf.h"
#include "seam/trial.h"

enum { SEAM_SEEDS = 20000 };

/* Run all seeds over the texts of this repository and all cases of the corpus,
 * and append the table. Must be run from the top of the checkout. False if
 * something is wrong. */
bool seam_report(struct buf *table, FILE *says);

#endif
