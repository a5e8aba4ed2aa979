/* One set of names for all kinds of replies: the events are made of them. */
#include "host/about.h"

static struct value *
number_or_nil(double number)
{
    return number >= 0 ? value_float(number) : value_nil();
}

static struct value *
list_of(const char *const *texts, size_t count)
{
    struct value *list = value_list();
    for (size_t i = 0; i < count; i++)
        value_add(list, value_text(texts[i]));
    return list;
}

struct value *
about_end(const struct reply_end *end)
{
    const struct dc_usage *usage = &end->summary->usage;
    struct value *v = value_map();
    value_put(v, "finish", value_text(end->finish));
    value_put(v, "line", value_text(end->line));
    value_put(v, "pairs", value_text(end->pairs));
    value_put(v, "refused", value_bool(end->refused));
    value_put(v, "got_text", value_bool(end->got_text));
    value_put(v, "once", value_bool(end->once));
    value_put(v, "seconds", value_float(end->seconds));
    value_put(v, "pieces", value_int((int64_t)end->pieces));
    value_put(v, "rounds", value_int(end->rounds));
    value_put(v, "tokens_in", number_or_nil(usage->tokens_in));
    value_put(v, "tokens_out", number_or_nil(usage->tokens_out));
    value_put(v, "cost", number_or_nil(usage->cost));
    value_put(v, "choices", list_of(end->choices, end->choice_count));
    return v;
}

struct value *
about_round(const struct reply_round *round)
{
    struct value *v = value_map();
    value_put(v, "number", value_int(round->number));
    value_put(v, "most", value_int(round->most));
    value_put(v, "tokens_out", number_or_nil(round->tokens_out));
    value_put(v, "cost", number_or_nil(round->cost));
    return v;
}

struct value *
about_refused(const char *line)
{
    struct dc_summary none = {.usage = {-1, -1, -1, -1, -1}};
    return about_end(&(struct reply_end){.finish = "error",
                                         .refused = true,
                                         .line = line,
                                         .pairs = "",
                                         .summary = &none,
                                         .rounds = 1});
}
