/*
 * The array is taken apart before anything is parsed, so that what a server can
 * make us hold is its text and one model, and one that makes no sense does not
 * cost the others.
 */
#include <string.h>

#include "base/buf.h"
#include "host/catalog_read.h"

static const char *
skip_blanks(const char *p, const char *end)
{
    while (p < end && strchr(" \t\r\n", *p) != NULL && *p != '\0')
        p++;
    return p;
}

/* Behind the string that begins at p; NULL if it does not end. */
static const char *
skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p < end ? p + 1 : NULL;
}

/* Behind the value that begins at p; NULL if it does not end. */
static const char *
skip_value(const char *p, const char *end)
{
    size_t depth = 0;
    while (p < end) {
        char c = *p;
        if (c == '"') {
            if ((p = skip_string(p, end)) == NULL)
                return NULL;
        } else if (c == '[' || c == '{') {
            depth++;
            p++;
        } else if (depth == 0 && strchr(",]}", c) != NULL && c != '\0') {
            return p;
        } else {
            depth -= c == ']' || c == '}';
            p++;
        }
        if (depth == 0 && (c == '"' || c == ']' || c == '}'))
            return p;
    }
    return NULL;
}

static bool
is_key(const char *p, const char *end, const char *name)
{
    size_t len = strlen(name);
    return (size_t)(end - p) > len + 1 && memcmp(p + 1, name, len) == 0 &&
           p[len + 1] == '"';
}

/* The array that stands under "data", else under "models", of the object that
 * begins at p; NULL if there is none. */
static const char *
find_array(const char *p, const char *end)
{
    const char *found = NULL;
    for (;;) {
        p = skip_blanks(p + 1, end);
        if (p == end || *p != '"')
            return found;
        bool data = is_key(p, end, "data");
        bool wanted = data || is_key(p, end, "models");
        if ((p = skip_string(p, end)) == NULL)
            return found;
        p = skip_blanks(p, end);
        if (p == end || *p != ':')
            return found;
        p = skip_blanks(p + 1, end);
        if (wanted && p < end && *p == '[')
            found = p;
        if (data && found == p)
            return found;
        if ((p = skip_value(p, end)) == NULL)
            return found;
        p = skip_blanks(p, end);
        if (p == end || *p != ',')
            return found;
    }
}

bool
model_items_open(struct model_items *items, struct dc_str body)
{
    const char *end = body.ptr + body.len;
    const char *p = body.len > 0 ? skip_blanks(body.ptr, end) : end;
    if (p != end && *p == '{')
        p = find_array(p, end);
    if (p == NULL || p == end || *p != '[')
        return false;
    *items = (struct model_items){p + 1, end, false};
    return true;
}

bool
model_items_next(struct model_items *items, struct dc_str *item)
{
    const char *p = skip_blanks(items->at, items->end);
    if (p < items->end && *p == ',')
        p = skip_blanks(p + 1, items->end);
    bool closed = p < items->end && *p == ']';
    const char *behind =
        p < items->end && !closed ? skip_value(p, items->end) : NULL;
    items->at = items->end;
    if (behind == NULL || behind == p) {
        items->broken = items->broken || !closed;
        return false;
    }
    items->at = behind;
    *item = (struct dc_str){p, (size_t)(behind - p)};
    return true;
}
