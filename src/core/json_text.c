/* A strict reader of JSON that builds nothing; see json_text.h for the why. */
#include "core/json_text.h"

#include <string.h>

#include "base/utf8.h"

struct cursor {
    const char *at;
    const char *end;
    int depth;
};

static bool skip_value(struct cursor *c);

/* The next byte, or -1. */
static int
peek(const struct cursor *c)
{
    return c->at < c->end ? (unsigned char)*c->at : -1;
}

static bool
take(struct cursor *c, char byte)
{
    if (peek(c) != byte)
        return false;
    c->at++;
    return true;
}

static void
skip_blanks(struct cursor *c)
{
    while (take(c, ' ') || take(c, '\t') || take(c, '\n') || take(c, '\r'))
        ;
}

static bool
skip_digits(struct cursor *c)
{
    const char *from = c->at;
    while (peek(c) >= '0' && peek(c) <= '9')
        c->at++;
    return c->at > from;
}

static bool
skip_number(struct cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && !skip_digits(c))
        return false;
    if (take(c, '.') && !skip_digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '+'))
        take(c, '-');
    return skip_digits(c);
}

static bool
skip_escape(struct cursor *c)
{
    int kind = peek(c);
    if (strchr("\"\\/bfnrtu", kind) == NULL)
        return false;
    c->at++;
    for (int i = 0; kind == 'u' && i < 4; i++, c->at++)
        if (strchr("0123456789abcdefABCDEF", peek(c)) == NULL)
            return false;
    return true;
}

static bool
skip_string(struct cursor *c)
{
    if (!take(c, '"'))
        return false;
    while (peek(c) >= 0x20 && peek(c) != '"')
        if (*c->at++ == '\\' && !skip_escape(c))
            return false;
    return take(c, '"');
}

static bool
skip_word(struct cursor *c, const char *word)
{
    for (; *word != '\0'; word++)
        if (!take(c, *word))
            return false;
    return true;
}

static bool
skip_member(struct cursor *c)
{
    skip_blanks(c);
    if (!skip_string(c))
        return false;
    skip_blanks(c);
    return take(c, ':') && skip_value(c);
}

/* What stands behind the opening bracket. */
static bool
skip_items(struct cursor *c, char closer, bool (*skip_item)(struct cursor *))
{
    skip_blanks(c);
    if (take(c, closer))
        return true;
    do {
        if (!skip_item(c))
            return false;
    } while (take(c, ','));
    return take(c, closer);
}

static bool
skip_nested(struct cursor *c)
{
    if (++c->depth > DC_JSON_DEPTH_MAX)
        return false;
    bool ok = take(c, '{') ? skip_items(c, '}', skip_member)
                           : take(c, '[') && skip_items(c, ']', skip_value);
    c->depth--;
    return ok;
}

/* With the blanks around it. */
static bool
skip_value(struct cursor *c)
{
    skip_blanks(c);
    int first = peek(c);
    bool ok = first == '"'                   ? skip_string(c)
              : first == '{' || first == '[' ? skip_nested(c)
              : first == 't'                 ? skip_word(c, "true")
              : first == 'f'                 ? skip_word(c, "false")
              : first == 'n'                 ? skip_word(c, "null")
                                             : skip_number(c);
    skip_blanks(c);
    return ok;
}

bool
json_text(struct dc_str text)
{
    if (text.len == 0 || !utf8_clean(text))
        return false;
    struct cursor c = {text.ptr, text.ptr + text.len, 0};
    return skip_value(&c) && c.at == c.end;
}
