/* What is found is told, and no more, so it need not be right about everything
 * that could be code. */
#include "host/mention.h"

#include <string.h>

#include "base/str.h"

/* ---- a word ---- */

/* Behind what a word may begin. */
static bool
is_before_word(char c)
{
    return strchr(" \t([{<\"'", c) != NULL;
}

/* The word at the start of s, "\ " being a blank in it, without what is said
 * behind it. */
static struct dc_str
word_of(struct dc_str s)
{
    size_t len = 0;
    while (len < s.len && s.ptr[len] != ' ' && s.ptr[len] != '\t')
        len += s.ptr[len] == '\\' && len + 1 < s.len ? 2 : 1;
    while (len > 1 && strchr(".,;:!?\"')]}>*_`", s.ptr[len - 1]) != NULL)
        len--;
    return (struct dc_str){s.ptr, len};
}

static bool
is_reference(struct dc_str word)
{
    static const char *const kinds[] = {"buffer", "selection", "diagnostics",
                                        "quickfix", "diff"};
    struct dc_str kind = str_from(word, 1);
    if (str_starts(kind, "file:") || str_starts(kind, "buffer:"))
        return str_find(kind, ':') + 1 < kind.len;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(kind, kinds[i]))
            return true;
    return false;
}

/* ---- what is there already ---- */

/* "\ " in a word is a blank. */
static bool
is_named(struct dc_str word, const char *name)
{
    size_t at = 0;
    for (; at < word.len && *name != '\0'; name++) {
        at += word.ptr[at] == '\\' && at + 1 < word.len &&
              strchr(" \t\\", word.ptr[at + 1]) != NULL;
        if (word.ptr[at++] != *name)
            return false;
    }
    return at == word.len && *name == '\0';
}

/* A context turn in front of the turn at index has it. What others than files
 * were is not said in these. */
static bool
stands_there(const struct dc_transcript *tr, size_t index, struct dc_str word)
{
    bool file = str_starts(str_from(word, 1), "file:"), found = false;
    while (!found && index-- > 0 &&
           dc_transcript_turn(tr, index)->role == DC_ROLE_CONTEXT) {
        char *from = dc_pairs_get(dc_transcript_turn(tr, index)->pairs, "from");
        found = !file || (from != NULL && is_named(str_from(word, 6), from));
        dc_free(from);
    }
    return found;
}

/* ---- lines ---- */

/* A line that opens or closes code, or quotes somebody. */
static bool
is_fence(struct dc_str line)
{
    return str_starts(line, "```") || str_starts(line, "~~~");
}

/* The first in a line, outside "`". */
static struct dc_str
find_in(const struct dc_transcript *tr, size_t index, struct dc_str line)
{
    bool code = false;
    for (size_t i = 0; i < line.len; i++) {
        code = code != (line.ptr[i] == '`');
        if (code || (line.ptr[i] != '@' && line.ptr[i] != '#') ||
            (i > 0 && !is_before_word(line.ptr[i - 1])))
            continue;
        struct dc_str word = word_of(str_from(line, i));
        if (is_reference(word) && !stands_there(tr, index, word))
            return word;
    }
    return (struct dc_str){"", 0};
}

struct dc_str
mention_find(const struct dc_transcript *tr, size_t index)
{
    struct dc_str rest = dc_transcript_turn(tr, index)->text;
    bool code = false;
    while (rest.len > 0) {
        struct dc_str line = str_trim(str_cut(&rest, '\n'));
        code = code != is_fence(line);
        if (code || str_starts(line, ">"))
            continue;
        struct dc_str word = find_in(tr, index, line);
        if (word.len > 0)
            return word;
    }
    return (struct dc_str){"", 0};
}
