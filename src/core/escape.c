/*
 * Writing text so that nothing in it can open a turn. The "%"s of a line start
 * go out at once, since one more can still follow them; only what comes after
 * is held, and never more than a marker has room for.
 */
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/marker.h"
#include "deepchat.h"

#define NO_LIMIT (SIZE_MAX / 4)

struct dc_escape {
    struct buf raw;   /* bytes of a character that is not whole yet */
    struct buf clean; /* what this call has to judge */
    struct buf out;

    struct marker line; /* the line so far, behind its last LF */
    struct buf held;    /* its bytes behind the "%"s, while undecided */
};

struct dc_escape *
dc_escape_new(void)
{
    struct dc_escape *esc = mem_alloc(sizeof *esc);
    buf_init(&esc->raw, NO_LIMIT);
    buf_init(&esc->clean, NO_LIMIT);
    buf_init(&esc->out, NO_LIMIT);
    buf_init(&esc->held, DC_MARKER_MAX);
    return esc;
}

void
dc_escape_free(struct dc_escape *esc)
{
    if (esc == NULL)
        return;
    buf_finish(&esc->raw);
    buf_finish(&esc->clean);
    buf_finish(&esc->out);
    buf_finish(&esc->held);
    free(esc);
}

static void
release(struct dc_escape *esc)
{
    buf_add_str(&esc->out, buf_str(&esc->held));
    buf_reset(&esc->held);
}

static void
end_line(struct dc_escape *esc)
{
    if (marker_whole(&esc->line))
        buf_add_byte(&esc->out, '%');
    release(esc);
    esc->line = (struct marker){.state = MARKER_PERCENT};
}

/* One byte of a line start that is not decided. */
static void
add_byte(struct dc_escape *esc, char c)
{
    marker_step(&esc->line, c);
    bool percent = esc->line.state == MARKER_PERCENT;
    buf_add_byte(percent ? &esc->out : &esc->held, c);
    if (esc->line.state == MARKER_DEAD)
        release(esc);
}

static void
add_clean(struct dc_escape *esc, struct dc_str text)
{
    size_t at = 0;
    while (at < text.len) {
        struct dc_str rest = {text.ptr + at, text.len - at};
        if (rest.ptr[0] == '\n') {
            end_line(esc);
            buf_add_byte(&esc->out, '\n');
            at++;
        } else if (esc->line.state == MARKER_DEAD) {
            size_t run = str_find(rest, '\n');
            buf_add(&esc->out, rest.ptr, run);
            at += run;
        } else {
            add_byte(esc, rest.ptr[0]);
            at++;
        }
    }
}

struct dc_str
dc_escape_add(struct dc_escape *esc, struct dc_str text, bool final)
{
    buf_reset(&esc->out);
    buf_reset(&esc->clean);
    buf_add_str(&esc->raw, text);
    size_t used = utf8_add_clean(&esc->clean, buf_str(&esc->raw), final);
    buf_drop(&esc->raw, used);
    add_clean(esc, buf_str(&esc->clean));
    if (final)
        end_line(esc);
    return buf_str(&esc->out);
}

/* Add the pairs that are well-formed and still fit; whatever else the caller
 * passes cannot break the marker. */
static void
add_pairs(struct buf *out, struct marker *m, struct dc_str pairs)
{
    for (size_t at = 0; at < pairs.len;) {
        struct dc_str rest = {pairs.ptr + at, pairs.len - at};
        size_t len = str_find(rest, ' ');
        at += len + 1;
        struct marker longer = *m;
        marker_step(&longer, ' ');
        for (size_t i = 0; i < len && longer.state != MARKER_DEAD; i++)
            marker_step(&longer, rest.ptr[i]);
        if (longer.state != MARKER_VALUE)
            continue;
        *m = longer;
        buf_add_byte(out, ' ');
        buf_add(out, rest.ptr, len);
    }
}

static void
print_marker(struct buf *out, enum dc_role role, struct dc_str pairs)
{
    buf_addf(out, "%%%% %s", dc_role_name(role));
    struct marker m;
    marker_read(buf_str(out), &m);
    struct buf clean;
    buf_init(&clean, NO_LIMIT);
    utf8_add_clean(&clean, pairs, true);
    add_pairs(out, &m, buf_str(&clean));
    buf_finish(&clean);
}

char *
dc_turn_print(enum dc_role role, struct dc_str pairs, struct dc_str text,
              size_t *len)
{
    struct buf out;
    buf_init(&out, NO_LIMIT);
    print_marker(&out, role, pairs);
    buf_add_text(&out, "\n\n");
    struct dc_escape *esc = dc_escape_new();
    buf_add_str(&out, dc_escape_add(esc, text, true));
    dc_escape_free(esc);
    buf_add_text(&out, "\n\n");
    return buf_take(&out, len);
}
