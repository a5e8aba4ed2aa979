/* A file as text, see source.h. */
#include "host/source.h"

#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "host/allow.h"

#define BOM "\xef\xbb\xbf"

/* It has to fit as it is; what becomes of it may be longer. */
static bool
read_file(const char *path, const char *name, struct buf *out,
          struct dc_error *err)
{
    struct buf bytes;
    buf_init(&bytes, SOURCE_MAX);
    bool ok = allow_read(path, name, "is over 1 MiB", &bytes, err);
    if (ok)
        buf_add_str(out, buf_str(&bytes));
    buf_finish(&bytes);
    return ok;
}

/* ---- text ---- */

static bool
check_text(struct dc_str text, const char *name, struct dc_error *err)
{
    if (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL)
        return allow_refuse(err, name, "is binary");
    if (!utf8_clean(text))
        return allow_refuse(err, name, "is not UTF-8 text");
    return true;
}

/* True if all lines end with CR LF, and there is one. */
static bool
is_dos(struct dc_str text)
{
    size_t at = 0, end;
    while ((end = str_find(str_from(text, at), '\n')) < text.len - at) {
        if (end == 0 || text.ptr[at + end - 1] != '\r')
            return false;
        at += end + 1;
    }
    return at > 0;
}

static void
drop_returns(struct buf *text)
{
    size_t to = 0;
    for (size_t from = 0; from < text->len; from++)
        if (text->ptr[from] != '\r' || from + 1 == text->len ||
            text->ptr[from + 1] != '\n')
            text->ptr[to++] = text->ptr[from];
    buf_cut(text, to);
}

static void
normalise(struct buf *text)
{
    if (str_starts(buf_str(text), BOM))
        buf_drop(text, strlen(BOM));
    if (text->len > 0 && is_dos(buf_str(text)))
        drop_returns(text);
    if (text->len > 0 && text->ptr[text->len - 1] == '\n')
        buf_cut(text, text->len - 1);
}

/* ---- lines ---- */

/* Where the line behind count others begins; the text has them. */
static size_t
skip_lines(struct dc_str text, long count)
{
    size_t at = 0;
    for (; count > 0; count--)
        at += str_find(str_from(text, at), '\n') + 1;
    return at;
}

static bool
cut_lines(struct buf *text, struct source_lines lines, const char *name,
          struct dc_error *err)
{
    char shown[ALLOW_NAME];
    long count = 1;
    long last = lines.last > lines.first ? lines.last : lines.first;
    for (size_t i = 0; i < text->len; i++)
        count += text->ptr[i] == '\n';
    if (last > count)
        return fail(err, DC_E_SYSTEM, "%s has %ld line%s; nothing was sent",
                    allow_name(name, shown), count, count == 1 ? "" : "s");
    buf_cut(text, skip_lines(buf_str(text), last) - 1);
    buf_drop(text, skip_lines(buf_str(text), lines.first - 1));
    return true;
}

bool
source_read(const char *path, const char *name, struct source_lines lines,
            struct buf *out, struct dc_error *err)
{
    if (!read_file(path, name, out, err) ||
        !check_text(buf_str(out), name, err))
        return false;
    normalise(out);
    return lines.first <= 0 || out->len == 0 ||
           cut_lines(out, lines, name, err);
}
