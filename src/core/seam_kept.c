/* What has to be known about the kept text: where it ends, inside of what. */
#include "core/seam_kept.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/seam_match.h"

enum { LOOK_BACK = 4096 };

static bool
ends_in(struct dc_str s, const char *end)
{
    size_t n = strlen(end);
    return s.len >= n && memcmp(s.ptr + s.len - n, end, n) == 0;
}

/* Without the halves of characters at its end. */
static size_t
whole_chars(struct dc_str s)
{
    while (ends_in(s, UTF8_REPLACEMENT))
        s.len -= strlen(UTF8_REPLACEMENT);
    return s.len;
}

size_t
dc_seam_sent(struct dc_str kept)
{
    for (;;) {
        size_t before = kept.len;
        while (kept.len > 0 && seam_blank(kept.ptr[kept.len - 1]))
            kept.len--;
        kept.len = whole_chars(kept);
        if (kept.len == before)
            return before;
    }
}

static size_t
last_line(struct dc_str s)
{
    size_t at = s.len;
    while (at > 0 && s.ptr[at - 1] != '\n')
        at--;
    return at;
}

struct seam_kept
seam_kept(const struct dc_seam_options *options)
{
    struct dc_str all = options->kept;
    struct seam_kept kept = {.fixed = options->fixed, .form = options->form};
    size_t sent = dc_seam_sent(all);
    kept.sent = (struct dc_str){all.ptr, sent};
    kept.gap = str_from((struct dc_str){all.ptr, whole_chars(all)}, sent);
    kept.fence = seam_fence_open(kept.sent);
    kept.line = last_line(kept.sent);
    kept.inside = !seam_has_newline(kept.gap);
    return kept;
}

bool
seam_kept_ended(const struct seam_kept *kept)
{
    static const char *const ends[] = {
        ".",
        "!",
        "?",
        ":",
        "```",
        "~~~",
        "\xe3\x80\x82",
        "\xef\xbc\x81",
        "\xef\xbc\x9f",
        "\xe2\x80\xa6",
        ".)",
        ".\"",
        "|",
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_in(kept->sent, ends[i]))
            return true;
    return !kept->inside;
}

bool
seam_kept_quotes(const struct seam_kept *kept)
{
    static const char *const marks[] = {
        "\xe2\x80\x9c", "\xe2\x80\x9e", "\xe2\x80\x98",
        "\xc2\xab",     "\xe3\x80\x8c",
    };
    size_t len = kept->sent.len;
    if (ends_in(kept->sent, "\"") || ends_in(kept->sent, "'"))
        return len == 1 || seam_blank(kept->sent.ptr[len - 2]);
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (ends_in(kept->sent, marks[i]))
            return true;
    return false;
}

bool
seam_kept_indents(const struct seam_kept *kept, size_t want)
{
    struct dc_str text =
        str_from(kept->sent,
                 kept->sent.len > LOOK_BACK ? kept->sent.len - LOOK_BACK : 0);
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len &&
               (text.ptr[end] == ' ' || text.ptr[end] == '\t'))
            end++;
        if (end - at == want && end < text.len && text.ptr[end] != '\n')
            return true;
        const char *next = memchr(text.ptr + end, '\n', text.len - end);
        at = next != NULL ? (size_t)(next - text.ptr) + 1 : text.len;
    }
    return false;
}
