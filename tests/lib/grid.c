#include "grid.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

void
grid_init(struct grid *g, int rows, int columns)
{
    *g = (struct grid){.rows = rows, .columns = columns};
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            strncpy(g->cell[r][c], " ", sizeof g->cell[r][c]);
}

static int
number(const struct value *list, size_t index)
{
    return (int)value_as_int(value_at(list, index), 0);
}

/* [grid, row, column, [[text, highlight, repeat], ...]] */
static void
line(struct grid *g, const struct value *args)
{
    int row = number(args, 1), column = number(args, 2);
    const struct value *cells = value_at(args, 3);
    for (size_t i = 0; i < cells->count; i++) {
        const struct value *cell = cells->items[i];
        int repeat = cell->count > 2 ? number(cell, 2) : 1;
        for (; repeat > 0; repeat--, column++)
            if (row < g->rows && column < g->columns)
                snprintf(g->cell[row][column], sizeof g->cell[0][0], "%s",
                         value_as_text(value_at(cell, 0), ""));
    }
}

/* [grid, top, bottom, left, right, rows, columns] */
static void
scroll(struct grid *g, const struct value *args)
{
    int top = number(args, 1), bottom = number(args, 2);
    int left = number(args, 3), right = number(args, 4);
    int by = number(args, 5);
    size_t size = (size_t)(right - left) * sizeof g->cell[0][0];
    if (by > 0)
        for (int r = top; r + by < bottom; r++)
            memcpy(g->cell[r][left], g->cell[r + by][left], size);
    else
        for (int r = bottom - 1; r + by >= top; r--)
            memcpy(g->cell[r][left], g->cell[r + by][left], size);
}

static void
event(struct grid *g, const char *name, const struct value *args)
{
    if (strcmp(name, "flush") == 0)
        g->flushes++;
    else if (strcmp(name, "grid_line") == 0)
        line(g, args);
    else if (strcmp(name, "grid_scroll") == 0)
        scroll(g, args);
    else if (strcmp(name, "grid_clear") == 0) {
        size_t flushes = g->flushes;
        grid_init(g, g->rows, g->columns);
        g->flushes = flushes;
    }
}

void
grid_redraw(struct grid *g, const struct value *params)
{
    for (size_t i = 0; i < params->count; i++) {
        const struct value *batch = params->items[i];
        const char *name = value_as_text(value_at(batch, 0), "");
        for (size_t k = 1; k < batch->count; k++)
            event(g, name, batch->items[k]);
    }
}

char *
grid_text(const struct grid *g)
{
    struct buf out;
    buf_init(&out, sizeof g->cell * 2);
    for (int r = 0; r < g->rows; r++) {
        for (int c = 0; c < g->columns; c++)
            buf_add_text(&out, g->cell[r][c]);
        buf_add_text(&out, "\n");
    }
    return buf_take(&out, NULL);
}
