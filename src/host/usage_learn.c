/*
 * How many tokens of a model come for the size that was reckoned of what it
 * was asked. The newest requests count most; what earlier ones taught stands in
 * the file.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/usage.h"
#include "host/usage_line.h"
#include "host/usage_state.h"

enum {
    MODELS_MAX = 100,
    WINDOW = 4, /* requests that a new one outweighs */
};
/* What is read of the file. */
#define TAIL_MAX ((size_t)128 << 10)
/* Of shorter texts a template is too large a part. */
static const double size_min = 200;
/* What is beyond is no matter of counting. */
static const double factor_min = 0.3, factor_max = 3;

static struct learned *
find(struct usage *u, struct dc_str model)
{
    for (size_t i = 0; i < u->learned_count; i++)
        if (str_is(model, u->learned[i].model))
            return &u->learned[i];
    return NULL;
}

/* The oldest gives way. */
static struct learned *
add(struct usage *u, struct dc_str model)
{
    if (u->learned_count == MODELS_MAX) {
        free(u->learned[0].model);
        u->learned_count--;
        memmove(u->learned, u->learned + 1,
                u->learned_count * sizeof *u->learned);
    }
    u->learned =
        mem_resize(u->learned, u->learned_count + 1, sizeof *u->learned);
    struct learned *l = &u->learned[u->learned_count++];
    *l = (struct learned){.model = mem_copy(model.ptr, model.len)};
    return l;
}

void
usage_learn(struct usage *u, const struct usage_line *line)
{
    double factor = line->size > 0 ? line->in / line->size : 0;
    if (line->size < size_min || factor < factor_min || factor > factor_max)
        return;
    struct learned *l = find(u, line->model);
    if (l == NULL)
        l = add(u, line->model);
    l->count = l->count < WINDOW ? l->count + 1 : WINDOW;
    l->factor += (factor - l->factor) / l->count;
}

void
usage_learn_free(struct usage *u)
{
    for (size_t i = 0; i < u->learned_count; i++)
        free(u->learned[i].model);
    free(u->learned);
    free(u->learned_from);
    u->learned = NULL;
    u->learned_from = NULL;
    u->learned_count = 0;
}

/* Once for a directory. */
static void
read_file(struct usage *u, const char *state_dir)
{
    if (u->learned_from != NULL && strcmp(u->learned_from, state_dir) == 0)
        return;
    usage_learn_free(u);
    u->learned_from = mem_str(state_dir);
    struct buf text;
    struct usage_line line;
    usage_read(state_dir, &text);
    size_t at = text.len > TAIL_MAX ? text.len - TAIL_MAX : 0, torn = 0;
    while (usage_line_next(buf_str(&text), &at, &line, &torn))
        if (line.kind == USAGE_REQUESTS)
            usage_learn(u, &line);
    buf_finish(&text);
}

bool
usage_factor(struct usage *u, const char *state_dir, const char *model,
             double *factor)
{
    if (state_dir == NULL)
        return false;
    read_file(u, state_dir);
    char *name = usage_line_model(model);
    const struct learned *l = find(u, str_of(name));
    free(name);
    if (l != NULL)
        *factor = l->factor;
    return l != NULL;
}

bool
usage_said(struct usage *u, const char *model)
{
    if (u->said != NULL && strcmp(u->said, model) == 0)
        return true;
    free(u->said);
    u->said = mem_str(model);
    return false;
}
