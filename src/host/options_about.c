/*
 * The table as the editor gets it, for completion: it knows no option by
 * itself.
 */
#include "host/options.h"
#include "host/provider.h"

static void
add_words(struct value *list, const char *words)
{
    struct dc_str rest = str_of(words);
    while (rest.len > 0)
        value_add(list, value_str(str_cut(&rest, ' ')));
}

/* All that it takes, where that can be listed. */
static struct value *
values_of(const struct option *opt)
{
    struct value *list = value_list();
    const struct provider *p;
    if (opt->choices != NULL)
        add_words(list, opt->choices);
    else if (opt->type == OPTION_BOOL)
        add_words(list, "true false");
    else if (opt == option_find("provider"))
        for (size_t i = 0; (p = provider_nth(i)) != NULL; i++)
            value_add(list, value_text(p->name));
    return list;
}

static struct value *
about(const struct option *opt)
{
    struct value *map = value_map();
    struct buf takes;
    buf_init(&takes, 256);
    option_takes(&takes, opt);
    value_put(map, "name", value_text(opt->name));
    value_put(map, "argument", value_bool((opt->where & OPTION_ARGUMENT) != 0));
    value_put(map, "file", value_bool((opt->where & OPTION_FILE) != 0));
    value_put(map, "takes", value_str(buf_str(&takes)));
    value_put(map, "values", values_of(opt));
    value_put(map, "help", value_text(opt->help));
    buf_finish(&takes);
    return map;
}

struct value *
options_about(void)
{
    size_t count;
    const struct option *options = options_all(&count);
    struct value *list = value_list();
    for (size_t i = 0; i < count; i++)
        value_add(list, about(&options[i]));
    return list;
}
