/* What can be said about a place where a text was cut. */
#include "seam/joint.h"

#include <string.h>

#include "base/buf.h"

enum {
    OVERLAP_MAX = 400, /* bytes; the table's limit */
    CHARS_MIN = 12,    /* of an overlap */
    LINE_MIN = 4,      /* characters of a line that comes again */
    START_MIN = 30,    /* bytes of a start that comes again, and to be sure */
};

static struct dc_str
slice(struct dc_str s, size_t from, size_t to)
{
    return (struct dc_str){s.ptr + from, to - from};
}

void
joint_cut(struct joint *j, size_t cut)
{
    j->cut = j->sent = cut;
    while (j->sent > 0 && text_blank(j->text.ptr[j->sent - 1]))
        j->sent--;
}

struct dc_str
joint_sent(const struct joint *j)
{
    return slice(j->text, 0, j->sent);
}

struct dc_str
joint_kept(const struct joint *j)
{
    return slice(j->text, 0, j->cut);
}

struct dc_str
joint_new(const struct joint *j)
{
    return slice(j->text, j->sent, j->end);
}

struct dc_str
joint_rest(const struct joint *j)
{
    return slice(j->text, j->cut, j->end);
}

struct dc_str
joint_tail(const struct joint *j, size_t from)
{
    return slice(j->text, from, j->sent);
}

size_t
joint_line(const struct joint *j, size_t above)
{
    size_t at = j->sent;
    for (;; at--) {
        while (at > 0 && j->text.ptr[at - 1] != '\n')
            at--;
        if (at == 0 || above-- == 0)
            return at;
    }
}

size_t
joint_chars_back(const struct joint *j, size_t count)
{
    size_t at = j->sent;
    for (; at > 0 && count > 0; at--)
        count -= ((unsigned char)j->text.ptr[at - 1] & 0xc0) != 0x80;
    return at;
}

size_t
joint_words_back(const struct joint *j, size_t count)
{
    size_t at = j->sent;
    for (; count > 0; count--) {
        while (at > 0 && text_blank(j->text.ptr[at - 1]))
            at--;
        while (at > 0 && !text_blank(j->text.ptr[at - 1]))
            at--;
    }
    return at;
}

/* True if s is some text twice or more. */
static bool
periodic(struct dc_str s)
{
    for (size_t p = 1; p <= s.len / 2 + 1 && p < s.len; p++)
        if (!memcmp(s.ptr, s.ptr + p, s.len - p))
            return true;
    return false;
}

bool
joint_unique(const struct joint *j, struct dc_str tail)
{
    tail = text_behind_blanks(tail);
    return tail.len > 0 && j->sent > tail.len && !periodic(tail) &&
           !memmem(j->text.ptr, j->sent - 1, tail.ptr, tail.len);
}

/* How many of the bytes that come next have just been said. */
static size_t
said_again(struct dc_str sent, struct dc_str next)
{
    size_t k = next.len < sent.len ? next.len : sent.len;
    for (k = k < OVERLAP_MAX ? k : OVERLAP_MAX; k > 0; k--)
        if (text_ends(sent, slice(next, 0, k)))
            return k;
    return 0;
}

/* True if these last bytes of what was sent are whole lines. */
static bool
whole_lines(const struct joint *j, size_t k)
{
    size_t start = j->sent - k;
    while (start > 0 && strchr(" \t", j->text.ptr[start - 1]))
        start--;
    return start == 0 || j->text.ptr[start - 1] == '\n';
}

static bool
starts_over(const struct joint *j, struct dc_str next)
{
    struct dc_str text = text_behind_blanks(j->text);
    return next.len >= START_MIN && text.len >= START_MIN &&
           !memcmp(next.ptr, text.ptr, START_MIN);
}

enum joint_twin
joint_twin(const struct joint *j)
{
    struct dc_str next = text_behind_blanks(joint_new(j));
    struct dc_str line = text_behind_blanks(joint_tail(j, joint_line(j, 0)));
    size_t k = said_again(joint_sent(j), next);
    if (starts_over(j, next))
        return TWIN_ONCE;
    if (text_chars(line) >= LINE_MIN && text_begins(next, line))
        k = line.len;
    else if (k == 0 ||
             (text_chars(slice(next, 0, k)) < CHARS_MIN && !whole_lines(j, k)))
        return TWIN_NONE;
    return joint_unique(j, joint_tail(j, j->sent - k)) ? TWIN_ONCE : TWIN_OFTEN;
}

/* Length of the run of ticks or tildes that begins a fence line, or 0. */
static size_t
fence_run(struct dc_str line, struct dc_str *behind)
{
    while (line.len > 0 && (*line.ptr == ' ' || *line.ptr == '\t'))
        line = slice(line, 1, line.len);
    size_t n = 0;
    while (n < line.len && line.ptr[n] == *line.ptr &&
           (*line.ptr == '`' || *line.ptr == '~'))
        n++;
    *behind = slice(line, n, line.len);
    return n >= 3 ? n : 0;
}

/* What is open behind this line, if that was open before it. */
static struct dc_str
behind_line(struct dc_str open, struct dc_str line)
{
    struct dc_str info, opened;
    size_t run = fence_run(line, &info);
    if (run == 0)
        return open;
    if (open.len == 0)
        return info.ptr[-1] == '`' && str_find(info, '`') < info.len ? open
                                                                     : line;
    size_t wanted = fence_run(open, &opened);
    bool closes = info.ptr[-1] == opened.ptr[-1] && run >= wanted &&
                  text_behind_blanks(info).len == 0;
    return closes ? (struct dc_str){"", 0} : open;
}

struct dc_str
joint_fence(const struct joint *j)
{
    struct dc_str open = {"", 0}, left = joint_kept(j);
    for (;;) {
        size_t end = str_find(left, '\n');
        struct dc_str line = slice(left, 0, end);
        if (end == left.len) {
            struct dc_str begins = text_behind_blanks(line);
            bool ticks = str_starts(begins, "`") || str_starts(begins, "~");
            return ticks ? (struct dc_str){"", 0} : open;
        }
        open = behind_line(open, line);
        left = slice(left, end + 1, left.len);
    }
}
