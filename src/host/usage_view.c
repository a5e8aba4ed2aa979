/* Lines of the file -> what :DeepUsage shows. A month that was summed up counts
 * whole where its days are asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/usage.h"
#include "host/usage_line.h"

enum {
    ROWS_MAX = 200, /* of a list; the last sums up what is left */
    FILES_MAX = 100 /* that a chat has had */
};

struct view {
    struct usage_list chat, today, models, days;
    /* of the chat, besides those it was given; each up to the line that count
     * has the number of */
    struct usage_list names;
    char day[16], since[16];
    size_t torn;
};

/* ---- days ---- */

static void
print_day(char *out, size_t size, time_t now, int days_ago)
{
    struct tm tm;
    out[0] = '\0';
    if (localtime_r(&now, &tm) == NULL)
        return;
    tm.tm_mday -= days_ago;
    tm.tm_hour = 12; /* there is none that is left out or comes twice */
    tm.tm_isdst = -1;
    if (mktime(&tm) != (time_t)-1)
        strftime(out, size, "%Y-%m-%d", &tm);
}

/* A month is since its first day, if it is not over by then. */
static bool
is_since(struct view *v, struct dc_str day)
{
    struct dc_str since = {v->since, day.len};
    if (usage_order(day, since) < 0)
        return false;
    if (day.len < strlen(v->since) && usage_order(day, since) == 0)
        memcpy(v->since + day.len, "-01", strlen("-01"));
    return true;
}

/* ---- choosing ---- */

static int
by_chat(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    return usage_order(one->chat, other->chat);
}

static bool
is_chat(const struct view *v, const struct usage_line *line, size_t number,
        const char *const chats[2])
{
    if (line->chat.len == 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (str_is(line->chat, chats[i]))
            return true;
    const struct usage_line *name =
        v->names.count == 0 ? NULL
                            : bsearch(line, v->names.lines, v->names.count,
                                      sizeof *line, by_chat);
    return name != NULL && (double)number < name->count;
}

/* Line number up to which lines of that file are the chat's; 0: none are. */
static double
is_file_until(const struct usage_list *files, struct dc_str name)
{
    for (size_t i = 0; i < files->count; i++)
        if (str_same(files->lines[i].chat, name))
            return files->lines[i].count;
    return 0;
}

/* The files that the chat has had, the last one first. */
static void
read_files(struct dc_str text, const char *chat, struct usage_list *files)
{
    struct usage_list renamed = {.count = 0};
    struct usage_line line = {.chat = str_of(chat), .count = HUGE_VAL};
    size_t at = 0, torn = 0, number = 0;
    usage_list_add(files, &line);
    for (; usage_line_next(text, &at, &line, &torn); number++) {
        line.count = (double)number;
        if (line.kind == USAGE_RENAMED)
            usage_list_add(&renamed, &line);
    }
    for (size_t i = renamed.count; i-- > 0 && files->count < FILES_MAX;) {
        const struct usage_line *one = &renamed.lines[i];
        if (is_file_until(files, one->name) > one->count &&
            is_file_until(files, one->chat) == 0)
            usage_list_add(files, one);
    }
    usage_list_free(&renamed);
}

static void
read_names(struct view *v, struct dc_str text, const char *chat)
{
    struct usage_line line;
    size_t at = 0, torn = 0;
    struct usage_list files = {.count = 0};
    read_files(text, chat, &files);
    for (size_t i = 1; i < files.count; i++)
        usage_list_add(&v->names, &files.lines[i]);
    while (usage_line_next(text, &at, &line, &torn)) {
        line.count =
            line.kind == USAGE_NAMED ? is_file_until(&files, line.name) : 0;
        if (line.count > 0)
            usage_list_add(&v->names, &line);
    }
    if (v->names.count > 0)
        qsort(v->names.lines, v->names.count, sizeof line, by_chat);
    usage_list_free(&files);
}

static void
read_lines(struct view *v, struct dc_str text, const char *const chats[2])
{
    struct usage_line line;
    size_t at = 0;
    for (size_t number = 0; usage_line_next(text, &at, &line, &v->torn);
         number++) {
        if (line.kind != USAGE_REQUESTS)
            continue;
        if (is_chat(v, &line, number, chats))
            usage_list_add(&v->chat, &line);
        if (str_is(line.day, v->day))
            usage_list_add(&v->today, &line);
        if (!is_since(v, line.day))
            continue;
        usage_list_add(&v->models, &line);
        usage_list_add(&v->days, &line);
    }
}

/* ---- rows ---- */

/* name is taken. */
static struct value *
row_of(const struct usage_line *line, char *name)
{
    struct value *row = value_map();
    value_put(row, "name", value_text(name));
    value_put(row, "requests", value_float(line->count));
    value_put(row, "blank", value_float(line->blank));
    value_put(row, "in", value_float(line->in));
    value_put(row, "out", value_float(line->out));
    value_put(row, "cached", value_float(line->cached));
    value_put(row, "cost", value_float(line->cost));
    value_put(row, "est", value_float(line->est));
    free(name);
    return row;
}

static int
by_model(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    return usage_order(one->model, other->model);
}

/* The newest first. */
static int
by_day(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    return usage_order(other->day, one->day);
}

static int
order(double a, double b)
{
    return (a > b) - (a < b);
}

/* The dearest first, then the largest. */
static int
by_price(const void *a, const void *b)
{
    const struct usage_line *one = a, *other = b;
    int dear = order(other->cost + other->est, one->cost + one->est);
    int large = order(other->in + other->out, one->in + one->out);
    return dear != 0 ? dear : large != 0 ? large : by_model(a, b);
}

typedef int order_fn(const void *a, const void *b);

/* Those that are the same by an order become one. */
static void
merge(struct usage_list *list, order_fn *same)
{
    size_t count = 0;
    if (list->count > 0)
        qsort(list->lines, list->count, sizeof *list->lines, same);
    for (size_t i = 0; i < list->count; i++)
        if (count > 0 && same(&list->lines[count - 1], &list->lines[i]) == 0)
            usage_line_sum(&list->lines[count - 1], &list->lines[i]);
        else
            list->lines[count++] = list->lines[i];
    list->count = count;
}

/* What is too much for a message becomes one. */
static void
shorten(struct usage_list *list)
{
    for (size_t i = ROWS_MAX; i < list->count; i++)
        usage_line_sum(&list->lines[ROWS_MAX - 1], &list->lines[i]);
    if (list->count <= ROWS_MAX)
        return;
    list->count = ROWS_MAX;
    list->lines[ROWS_MAX - 1].model = str_of("others");
    list->lines[ROWS_MAX - 1].day = str_of("before");
}

static struct value *
rows_by_model(struct usage_list *list)
{
    struct value *rows = value_list();
    merge(list, by_model);
    if (list->count > 0)
        qsort(list->lines, list->count, sizeof *list->lines, by_price);
    shorten(list);
    for (size_t i = 0; i < list->count; i++)
        value_add(rows, row_of(&list->lines[i],
                               usage_line_model_text(list->lines[i].model)));
    return rows;
}

static struct value *
rows_by_day(struct usage_list *list)
{
    struct value *rows = value_list();
    merge(list, by_day);
    shorten(list);
    for (size_t i = 0; i < list->count; i++)
        value_add(rows, row_of(&list->lines[i],
                               usage_line_model_text(list->lines[i].day)));
    return rows;
}

struct value *
usage_view(struct dc_str text, time_t now, int days, const char *const chats[2])
{
    struct view v = {.torn = 0};
    struct value *about = value_map();
    print_day(v.day, sizeof v.day, now, 0);
    print_day(v.since, sizeof v.since, now, days - 1);
    read_names(&v, text, chats[0]);
    read_lines(&v, text, chats);
    value_put(about, "chat", rows_by_model(&v.chat));
    value_put(about, "today", rows_by_model(&v.today));
    value_put(about, "models", rows_by_model(&v.models));
    value_put(about, "days", rows_by_day(&v.days));
    value_put(about, "since", value_text(v.since));
    value_put(about, "torn", value_int((int64_t)v.torn));
    usage_list_free(&v.chat);
    usage_list_free(&v.today);
    usage_list_free(&v.models);
    usage_list_free(&v.days);
    usage_list_free(&v.names);
    return about;
}
