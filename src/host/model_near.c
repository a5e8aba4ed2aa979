/*
 * Names as people misremember them: without the maker in front, in another
 * case, with a letter too many or too few, or only a part of it. Each of these
 * is a rank; within one the smaller difference is nearer.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "host/model_list.h"

enum {
    LINE_CELLS = 58,
    FAR = 1000,
    TYPED_MAX = 96, /* a longer name is compared by its parts only */
};

static char
low(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to be changed, added, left out or swapped with the next to get from
 * one name to the other, whatever their case. Both are short. */
static size_t
distance(const char *a, const char *b)
{
    size_t rows[3][TYPED_MAX + 1];
    size_t la = strlen(a), lb = strlen(b);
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 3], *last = rows[(i + 2) % 3];
        const size_t *before = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t change = last[j - 1] + (low(a[i - 1]) != low(b[j - 1]));
            now[j] = smaller(change, smaller(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && low(a[i - 1]) == low(b[j - 2]) &&
                low(a[i - 2]) == low(b[j - 1]))
                now[j] = smaller(now[j], before[j - 2] + 1);
        }
    }
    return rows[la % 3][lb];
}

/* FAR if that many typing errors are more than one makes. */
static size_t
typed(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    size_t bound = smaller(la, lb) / 4 + 1;
    size_t apart = la > lb ? la - lb : lb - la;
    if (la > TYPED_MAX || lb > TYPED_MAX || apart > bound)
        return FAR;
    size_t d = distance(a, b);
    return d <= bound ? d : FAR;
}

static bool
holds(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strlen(text) >= len; text++)
        if (strncasecmp(text, part, len) == 0)
            return true;
    return false;
}

/* The name without its maker. */
static const char *
base(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

enum { LEAST = 4 }; /* letters that say something by themselves */

/* Smaller is nearer. */
static size_t
rank(const char *name, const char *model)
{
    const char *said = base(name), *own = base(model);
    size_t d = typed(name, model);
    if (said[0] != '\0' && typed(said, own) < d)
        d = typed(said, own) + 1;
    if (d < FAR)
        return d;
    size_t more = strlen(own), less = strlen(said);
    if (less >= LEAST && holds(own, said))
        return 20 + smaller(more - less, 200);
    if (more >= LEAST && holds(said, own))
        return 300 + smaller(less - more, 200);
    return FAR;
}

void
model_near(const struct model_info *models, size_t count, const char *name,
           const char *near[2])
{
    size_t best[2] = {FAR, FAR};
    near[0] = near[1] = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t r = models[i].chat != 0 ? rank(name, models[i].name) : FAR;
        if (r < best[0]) {
            best[1] = best[0];
            near[1] = near[0];
            best[0] = r;
            near[0] = models[i].name;
        } else if (r < best[1]) {
            best[1] = r;
            near[1] = models[i].name;
        }
    }
}

bool
model_near_line(const struct model_info *models, size_t count, const char *name,
                char *line, size_t size)
{
    const char *near[2];
    if (name[0] == '\0')
        return false;
    model_near(models, count, name, near);
    if (near[0] == NULL)
        return false;
    struct buf text;
    buf_init(&text, size - 1);
    buf_addf(&text, "no model %s; ", name);
    if (text.len + strlen(near[0]) + strlen("did you mean ?") > LINE_CELLS) {
        buf_reset(&text);
        buf_addf(&text, "no such model; ");
    }
    buf_addf(&text, "did you mean %s", near[0]);
    if (near[1] != NULL &&
        text.len + strlen(" or ?") + strlen(near[1]) <= LINE_CELLS)
        buf_addf(&text, " or %s", near[1]);
    buf_addf(&text, "?");
    bool said = !text.full;
    snprintf(line, size, "%s", said ? text.ptr : "");
    buf_finish(&text);
    return said;
}
