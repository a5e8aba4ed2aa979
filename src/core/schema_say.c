/*
 * What the user reads: where, and what is wrong there. The text is a model's,
 * so none of it may break a line or grow without a bound.
 */
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "core/schema.h"

enum { POINTER_MAX = 1024, TEXT_MAX = 240 };

/* ---- where ---- */

/* One name of a pointer (RFC 6901), with escapes for what is no text. */
static void
add_name(struct buf *out, struct dc_str key)
{
    for (size_t i = 0; i < key.len && !out->full; i++) {
        unsigned char c = (unsigned char)key.ptr[i];
        if (c == '~' || c == '/')
            buf_add_text(out, c == '~' ? "~0" : "~1");
        else if (c < ' ' || c == 0x7f)
            buf_addf(out, "\\u%04x", c);
        else
            buf_add_byte(out, (char)c);
    }
}

static void
add_pointer(struct buf *out, const struct place *p)
{
    if (p->up == NULL)
        return;
    add_pointer(out, p->up);
    buf_add_byte(out, '/');
    if (p->up->node->kind == JSON_OBJECT)
        add_name(out, p->node->key);
    else
        buf_addf(out, "%zu", p->index);
}

static struct dc_str
pointer_of(const struct place *p)
{
    struct buf out;
    buf_init(&out, POINTER_MAX);
    add_pointer(&out, p);
    if (out.full) {
        buf_cut(&out, utf8_fit(buf_str(&out), POINTER_MAX - 8));
        buf_add_text(&out, "...");
    }
    return buf_take_str(&out);
}

static size_t
line_of(const char *text, const char *at)
{
    size_t line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* ---- what ---- */

struct shown
schema_show(const struct json_node *node)
{
    struct shown out;
    struct dc_str raw = node->raw;
    if (node->kind == JSON_LIST || node->kind == JSON_OBJECT)
        raw = str_of(node->kind == JSON_LIST ? "an array" : "an object");
    bool cut = raw.len >= sizeof out.text;
    size_t len = cut ? utf8_fit(raw, sizeof out.text - 4) : raw.len;
    snprintf(out.text, sizeof out.text, "%.*s%s", (int)len, raw.ptr,
             cut ? "..." : "");
    return out;
}

static void
add_violation(struct dc_schema_report *report, struct dc_violation v)
{
    struct dc_violation *items = (void *)(uintptr_t)report->items;
    items = mem_resize(items, report->count + 1, sizeof v);
    items[report->count++] = v;
    report->items = items;
}

bool
schema_violate(struct schema_run *r, const struct place *p, const char *format,
               ...)
{
    if (r->muted > 0)
        return false;
    if (r->report->count == DC_VIOLATIONS_MAX) {
        r->report->more = true;
        return false;
    }
    char text[TEXT_MAX + 8]; /* beyond: where the last character ends */
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c != '\0'; c++)
        if (*c == 0x7f)
            *c = '?';
    struct dc_str whole = {text, len > 0 ? (size_t)len : 0};
    size_t fit = utf8_fit(whole, TEXT_MAX);
    add_violation(r->report, (struct dc_violation){
                                 .pointer = pointer_of(p),
                                 .text = {mem_copy(text, fit), fit},
                                 .line = line_of(r->text, p->node->raw.ptr),
                             });
    return false;
}
