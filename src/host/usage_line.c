/*
 * Anything may stand in the file: a line that was cut by a crash, one that a
 * later version wrote. Pairs that are not known are passed over.
 */
#include "host/usage_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Nobody counts that far. */
static const double number_max = 1e15;

/* ---- reading ---- */

static struct dc_str
next_word(struct dc_str *rest)
{
    *rest = str_trim(*rest);
    struct dc_str word = {rest->ptr, str_find(*rest, ' ')};
    *rest = str_from(*rest, word.len);
    return word;
}

/* "2026-11-24" or "2026-11" */
static bool
is_day(struct dc_str s)
{
    static const char shape[] = "dddd-dd-dd";
    if (s.len != strlen("2026-11-24") && s.len != strlen("2026-11"))
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (shape[i] == 'd' ? s.ptr[i] < '0' || s.ptr[i] > '9'
                            : s.ptr[i] != '-')
            return false;
    return true;
}

/* Where a number of this name goes; NULL if it is none. */
static double *
place_of(struct usage_line *line, struct dc_str key)
{
    const struct {
        const char *key;
        double *place;
    } places[] = {
        {"n", &line->count}, {"blank", &line->blank},   {"in", &line->in},
        {"out", &line->out}, {"cached", &line->cached}, {"cost", &line->cost},
        {"est", &line->est}, {"size", &line->size},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (str_is(key, places[i].key))
            return places[i].place;
    return NULL;
}

/* The text goes on behind value, which strtod() must not read. */
static bool
read_number(struct dc_str value, double *out)
{
    char digits[40], *end;
    if (value.len == 0 || value.len >= sizeof digits)
        return false;
    memcpy(digits, value.ptr, value.len);
    digits[value.len] = '\0';
    double n = strtod(digits, &end);
    if (*end != '\0' || !(n >= 0 && n <= number_max))
        return false;
    *out = n;
    return true;
}

static bool
read_pair(struct usage_line *line, struct dc_str pair)
{
    size_t key = str_find(pair, '=');
    struct dc_str name = {pair.ptr, key}, value = {"", 0};
    if (key < pair.len)
        value = str_from(pair, key + 1);
    double *place = place_of(line, name);
    if (place != NULL)
        return read_number(value, place);
    if (str_is(name, "model"))
        line->model = value;
    else if (str_is(name, "chat"))
        line->chat = value;
    return true;
}

static bool
read_requests(struct dc_str text, struct usage_line *out)
{
    *out = (struct usage_line){.count = 1, .model = {"", 0}, .chat = {"", 0}};
    out->day = next_word(&text);
    bool good = is_day(out->day);
    while (good && str_trim(text).len > 0)
        good = read_pair(out, next_word(&text));
    return good;
}

/* Behind "chat". */
static bool
read_named(struct dc_str text, struct usage_line *out)
{
    *out = (struct usage_line){.chat = next_word(&text)};
    struct dc_str word = next_word(&text);
    out->kind = str_is(word, "is") ? USAGE_NAMED : USAGE_RENAMED;
    out->name = next_word(&text);
    bool good = out->kind == USAGE_NAMED || str_is(word, "became");
    return good && out->name.len > 0 && str_trim(text).len == 0;
}

static bool
read_line(struct dc_str text, struct usage_line *out)
{
    text = str_trim(text);
    if (text.len < 2 || memcmp(text.ptr + text.len - 2, " .", 2) != 0)
        return false;
    text.len -= 2;
    struct dc_str rest = text;
    if (str_is(next_word(&rest), "chat"))
        return read_named(rest, out);
    return read_requests(text, out);
}

bool
usage_line_next(struct dc_str text, size_t *at, struct usage_line *out,
                size_t *torn)
{
    while (*at < text.len) {
        struct dc_str line = str_from(text, *at);
        size_t end = str_find(line, '\n');
        *at += end + (end < line.len);
        line.len = end;
        if (str_trim(line).len == 0)
            continue;
        if (read_line(line, out))
            return true;
        *torn += 1;
    }
    return false;
}

/* ---- writing ---- */

static void
add_number(struct buf *out, const char *key, double number)
{
    if (number > 0)
        buf_addf(out, " %s=%.15g", key, number);
}

static void
add_text(struct buf *out, const char *key, struct dc_str text)
{
    if (text.len == 0)
        return;
    buf_addf(out, " %s=", key);
    buf_add_str(out, text);
}

void
usage_line_print(struct buf *out, const struct usage_line *line)
{
    if (line->kind != USAGE_REQUESTS) {
        buf_add_text(out, "chat ");
        buf_add_str(out, line->chat);
        buf_add_text(out, line->kind == USAGE_NAMED ? " is " : " became ");
        buf_add_str(out, line->name);
    } else {
        buf_add_str(out, line->day);
        add_number(out, "n", line->count != 1 ? line->count : 0);
        add_number(out, "blank", line->blank);
        add_number(out, "in", line->in);
        add_number(out, "out", line->out);
        add_number(out, "cached", line->cached);
        add_number(out, "cost", line->cost);
        add_number(out, "est", line->est);
        add_number(out, "size", line->size);
        add_text(out, "model", line->model);
        add_text(out, "chat", line->chat);
    }
    buf_add_text(out, " .\n");
}

char *
usage_line_model(const char *model)
{
    char *pair = dc_pair_print("m", model);
    char *value = mem_str(pair + strlen(" m="));
    dc_free(pair);
    return value;
}

char *
usage_line_model_text(struct dc_str model)
{
    struct buf pair;
    buf_init(&pair, SIZE_MAX / 2);
    buf_add_text(&pair, " m=");
    buf_add_str(&pair, model);
    char *text = dc_pairs_get(buf_str(&pair), "m");
    buf_finish(&pair);
    return text != NULL ? text : mem_str("");
}

/* ---- several ---- */

void
usage_line_sum(struct usage_line *sum, const struct usage_line *line)
{
    sum->count += line->count;
    sum->blank += line->blank;
    sum->in += line->in;
    sum->out += line->out;
    sum->cached += line->cached;
    sum->cost += line->cost;
    sum->est += line->est;
    sum->size = 0;
}

void
usage_list_add(struct usage_list *list, const struct usage_line *line)
{
    size_t n = list->count;
    if ((n & (n - 1)) == 0) /* full at each power of two */
        list->lines =
            mem_resize(list->lines, n > 0 ? n * 2 : 1, sizeof *list->lines);
    list->lines[list->count++] = *line;
}

void
usage_list_free(struct usage_list *list)
{
    free(list->lines);
    *list = (struct usage_list){.count = 0};
}

int
usage_order(struct dc_str a, struct dc_str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
