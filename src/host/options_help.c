/* The options section of the Vim help, so that it cannot drift from the
 * table. */
#include <string.h>

#include "host/options.h"

enum { COLUMNS = 78 };

/* The name, and its tag flush right. */
static void
add_title(struct buf *out, const char *name)
{
    int used = (int)(strlen(name) * 2 + strlen("*g:deepchat.*"));
    buf_addf(out, "%s%*s*g:deepchat.%s*\n", name, COLUMNS - used, "", name);
}

/* text after four blanks, broken between words. */
static void
add_wrapped(struct buf *out, const char *text)
{
    size_t column = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > COLUMNS) {
            buf_add_byte(out, '\n');
            column = 0;
        }
        buf_add_text(out, column > 0 ? " " : "    ");
        buf_add(out, text, len);
        column += (column > 0 ? 1 : 4) + len;
        text += len + (text[len] == ' ');
    }
    buf_add_byte(out, '\n');
}

static void
add_scope(struct buf *out, const struct option *opt)
{
    if (opt->where == OPTION_FILE)
        buf_add_text(out, " Only in a chat file.");
    else if (!(opt->where & OPTION_ARGUMENT))
        buf_add_text(out, " Only in settings.");
    else if (!(opt->where & OPTION_FILE))
        buf_add_text(out, " Not in a chat file.");
}

static void
add_option(struct buf *out, const struct option *opt)
{
    struct buf line;
    buf_init(&line, out->limit);
    add_title(out, opt->name);
    buf_add_text(&line, "Takes ");
    option_takes(&line, opt);
    if (opt->fallback != NULL)
        buf_addf(&line, "; default %s", opt->fallback);
    if (opt->where & OPTION_DEEPINFRA)
        buf_add_text(&line, " (for DeepInfra's URL only)");
    buf_add_byte(&line, '.');
    add_scope(&line, opt);
    if (opt->where & OPTION_LATER)
        buf_add_text(&line, " Known, but without effect in this version.");
    add_wrapped(out, line.ptr);
    add_wrapped(out, opt->help);
    buf_add_byte(out, '\n');
    buf_finish(&line);
}

bool
options_help(struct buf *out)
{
    size_t count;
    const struct option *options = options_all(&count);
    for (size_t i = 0; i < count; i++)
        add_option(out, &options[i]);
    return !out->full;
}
