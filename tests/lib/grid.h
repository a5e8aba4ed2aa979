/* The screen that an attached UI of Neovim has (ext_linegrid). */
#ifndef TEST_GRID_H
#define TEST_GRID_H

#include "base/value.h"

enum { GRID_ROWS_MAX = 60, GRID_COLUMNS_MAX = 200 };

struct grid {
    int rows, columns;
    char cell[GRID_ROWS_MAX][GRID_COLUMNS_MAX][32];
    size_t flushes;
};

void grid_init(struct grid *g, int rows, int columns);
/* params of one "redraw" notification. */
void grid_redraw(struct grid *g, const struct value *params);
/* All rows, each ended by \n. Owned (free). */
char *grid_text(const struct grid *g);

#endif
