/*
 * JSON text <-> value trees. cJSON does the grammar; what it does not care
 * about is looked at before: \u0000 and lone surrogates (it cuts the string or
 * refuses the text), odd numbers, controls between tokens, depth. Printing is
 * our own, because cJSON loses digits of large integers.
 */
#include "host/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/mem.h"
#include "base/utf8.h"

/* The largest integer up to which a double tells neighbours apart. */
#define EXACT_MAX 9007199254740992.0

struct scan {
    const char *ptr, *end;
    int depth;
    struct buf out; /* the text with its escapes mended */
};

/* The four hex digits of \uXXXX at p, or -1. */
static int
hex4(const char *p, const char *end)
{
    int unit = 0;
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        const char *digits = "0123456789abcdef";
        int c = p[i] >= 'A' && p[i] <= 'F' ? p[i] + 32 : p[i];
        const char *at = c != '\0' ? strchr(digits, c) : NULL;
        if (at == NULL)
            return -1;
        unit = unit * 16 + (int)(at - digits);
    }
    return unit;
}

/* Copy one escape, or U+FFFD for one that stands for no character. False for
 * \uXXXX without four digits, which cJSON reads as a NUL. */
static bool
scan_escape(struct scan *s)
{
    int unit = hex4(s->ptr, s->end);
    size_t used = unit >= 0 ? 6 : s->end - s->ptr > 1 ? 2 : 1;
    if (unit < 0 && used == 2 && s->ptr[1] == 'u')
        return false;
    bool lone = unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff);
    if (unit >= 0xd800 && unit <= 0xdbff) {
        int low = hex4(s->ptr + 6, s->end);
        lone = low < 0xdc00 || low > 0xdfff;
        used = lone ? 6 : 12;
    }
    if (lone)
        buf_add_text(&s->out, UTF8_REPLACEMENT);
    else
        buf_add(&s->out, s->ptr, used);
    s->ptr += used;
    return true;
}

/* Copy one string, from quote to quote. */
static bool
scan_string(struct scan *s)
{
    buf_add_byte(&s->out, *s->ptr++);
    while (s->ptr < s->end && *s->ptr != '"') {
        const char *run = s->ptr;
        while (run < s->end && *run != '"' && *run != '\\' && *run != '\0')
            run++;
        buf_add(&s->out, s->ptr, (size_t)(run - s->ptr));
        s->ptr = run;
        if (run == s->end || *run == '"')
            continue;
        if (*run == '\\' && !scan_escape(s))
            return false;
        if (*run == '\0') {
            buf_add_text(&s->out, UTF8_REPLACEMENT);
            s->ptr++;
        }
    }
    if (s->ptr == s->end)
        return false;
    buf_add_byte(&s->out, *s->ptr++);
    return true;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Past one or more digits, or NULL. */
static const char *
digits(const char *p, const char *end)
{
    const char *from = p;
    while (p < end && is_digit(*p))
        p++;
    return p > from ? p : NULL;
}

/* cJSON takes what strtod() takes, such as "01", "1." and 1e999. */
static bool
scan_number(struct scan *s)
{
    const char *p = s->ptr + (*s->ptr == '-');
    const char *first = p;
    if ((p = digits(p, s->end)) == NULL || (*first == '0' && p - first > 1))
        return false;
    if (p < s->end && *p == '.' && (p = digits(p + 1, s->end)) == NULL)
        return false;
    if (p < s->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < s->end && (*p == '+' || *p == '-');
        if ((p = digits(p, s->end)) == NULL)
            return false;
    }
    buf_add(&s->out, s->ptr, (size_t)(p - s->ptr));
    s->ptr = p;
    return true;
}

static bool
scan_other(struct scan *s)
{
    unsigned char c = (unsigned char)*s->ptr;
    if (c >= 0x80 || (c < ' ' && c != '\t' && c != '\n' && c != '\r'))
        return false;
    s->depth += c == '[' || c == '{';
    s->depth -= c == ']' || c == '}';
    if (s->depth > VALUE_DEPTH_MAX)
        return false;
    s->ptr++;
    return buf_add_byte(&s->out, (char)c);
}

static bool
scan_all(struct scan *s)
{
    while (s->ptr < s->end) {
        bool ok = *s->ptr == '"'                        ? scan_string(s)
                  : is_digit(*s->ptr) || *s->ptr == '-' ? scan_number(s)
                                                        : scan_other(s);
        if (!ok)
            return false;
    }
    return true;
}

static struct value *
number(double d)
{
    if (d >= -EXACT_MAX && d <= EXACT_MAX && d == (double)(int64_t)d)
        return value_int((int64_t)d);
    return isfinite(d) ? value_float(d) : NULL;
}

static struct value *convert(const cJSON *node);

struct place {
    const cJSON *node;
    size_t at;
};

static int
by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = strcmp(x->node->string, y->node->string);
    return order != 0 ? order : x->at < y->at ? -1 : 1;
}

/* Its members by their names, of two with the same the last: to look for each
 * among the others would take minutes for what a server can send. */
static size_t
sort_members(const cJSON *object, struct place *places)
{
    size_t count = 0, kept = 0;
    for (const cJSON *child = object->child; child; child = child->next) {
        places[count] = (struct place){child, count};
        count++;
    }
    qsort(places, count, sizeof *places, by_name);
    for (size_t i = 0; i < count; i++) {
        const char *name = places[i].node->string;
        if (i + 1 == count || strcmp(name, places[i + 1].node->string) != 0)
            places[kept++] = places[i];
    }
    return kept;
}

static bool
add_sorted(struct value *map, const cJSON *object, size_t count)
{
    struct place *places = mem_alloc(count * sizeof *places);
    size_t kept = sort_members(object, places);
    bool ok = true;
    for (size_t i = 0; ok && i < kept; i++) {
        struct value *item = convert(places[i].node);
        ok = item != NULL;
        if (ok)
            value_put_new(map, places[i].node->string, item);
    }
    free(places);
    return ok;
}

static bool
add_children(struct value *v, const cJSON *node)
{
    for (const cJSON *child = node->child; child; child = child->next) {
        struct value *item = convert(child);
        if (item == NULL)
            return false;
        if (v->kind == VALUE_MAP)
            value_put(v, child->string, item);
        else
            value_add(v, item);
    }
    return true;
}

/* The tree of one node; NULL for a number that no double holds. */
static struct value *
convert(const cJSON *node)
{
    enum { MANY = 256 };
    if (cJSON_IsString(node))
        return value_text(node->valuestring);
    if (cJSON_IsNumber(node))
        return number(node->valuedouble);
    if (cJSON_IsBool(node))
        return value_bool(cJSON_IsTrue(node));
    if (cJSON_IsNull(node))
        return value_nil();
    size_t count = 0;
    for (const cJSON *child = node->child; child; child = child->next)
        count++;
    bool map = cJSON_IsObject(node);
    struct value *v = map ? value_map() : value_list();
    if (map && count > MANY ? add_sorted(v, node, count)
                            : add_children(v, node))
        return v;
    value_free(v);
    return NULL;
}

struct value *
json_parse(struct dc_str text)
{
    struct scan s = {.ptr = text.ptr, .end = text.ptr + text.len};
    struct value *v = NULL;
    cJSON *root = NULL;
    /* a NUL byte becomes three bytes; everything else stays or shrinks */
    buf_init(&s.out, text.len * 3);
    if (text.len > 0 && scan_all(&s)) {
        struct dc_str mended = str_trim(buf_str(&s.out));
        const char *end = NULL;
        root = cJSON_ParseWithLengthOpts(mended.ptr, mended.len, &end, 0);
        if (root != NULL && end == mended.ptr + mended.len)
            v = convert(root);
    }
    cJSON_Delete(root);
    buf_finish(&s.out);
    return v;
}

static bool
is_plain(unsigned char c)
{
    return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

/* One character that may not stand as it is; returns how long it was. */
static size_t
print_special(struct buf *out, struct dc_str rest)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    unsigned char c = (unsigned char)rest.ptr[0];
    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if (rest.ptr[0] == names[i]) {
            buf_addf(out, "\\%c", names[i + 1]);
            return 1;
        }
    if (c != '\0' && c < ' ') {
        buf_addf(out, "\\u%04x", c);
        return 1;
    }
    int len = utf8_len(rest);
    if (len > 0 && c != '\0') {
        buf_add(out, rest.ptr, (size_t)len);
        return (size_t)len;
    }
    buf_add_text(out, UTF8_REPLACEMENT);
    return len > 0 ? 1 : len < 0 ? (size_t)-len : rest.len;
}

static void
print_string(struct buf *out, struct dc_str s)
{
    buf_add_byte(out, '"');
    for (size_t at = 0; at < s.len && !out->full;) {
        size_t from = at;
        while (at < s.len && is_plain((unsigned char)s.ptr[at]))
            at++;
        buf_add(out, s.ptr + from, at - from);
        if (at < s.len)
            at += print_special(out, (struct dc_str){s.ptr + at, s.len - at});
    }
    buf_add_byte(out, '"');
}

/* The shortest form that reads back as the same double. */
static void
print_float(struct buf *out, double d)
{
    char text[40];
    if (!isfinite(d)) {
        buf_add_text(out, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, d);
        if (strtod(text, NULL) == d)
            break;
    }
    buf_add_text(out, text);
}

static bool print(struct buf *out, const struct value *v, int depth);

static bool
print_items(struct buf *out, const struct value *v, int depth)
{
    bool map = v->kind == VALUE_MAP;
    buf_add_byte(out, map ? '{' : '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0)
            buf_add_byte(out, ',');
        if (map) {
            print_string(out, str_of(v->keys[i]));
            buf_add_byte(out, ':');
        }
        if (!print(out, v->items[i], depth + 1))
            return false;
    }
    return buf_add_byte(out, map ? '}' : ']');
}

/* depth: how many lists and maps v stands in. */
static bool
print(struct buf *out, const struct value *v, int depth)
{
    switch (v->kind) {
    case VALUE_NIL:
        buf_add_text(out, "null");
        break;
    case VALUE_BOOL:
        buf_add_text(out, v->boolean ? "true" : "false");
        break;
    case VALUE_INT:
        buf_addf(out, "%" PRId64, v->integer);
        break;
    case VALUE_FLOAT:
        print_float(out, v->number);
        break;
    case VALUE_STR:
        print_string(out, v->str);
        break;
    case VALUE_LIST:
    case VALUE_MAP:
        return depth < VALUE_DEPTH_MAX && print_items(out, v, depth);
    }
    return !out->full;
}

bool
json_print(struct buf *out, const struct value *v)
{
    size_t start = out->len;
    if (print(out, v, 0) && !out->full)
        return true;
    buf_cut(out, start);
    return false;
}
