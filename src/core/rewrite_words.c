/*
 * What models say around a rewrite, or instead of one. A list of words proves
 * little, so every rule asks for more: the place, the end of the line, and that
 * the selection does not say it too. What is prose itself is judged by the
 * narrowest rules only.
 */
#include <string.h>

#include "core/rewrite.h"

#define WIDE_COLON "\xef\xbc\x9a"

enum { HEAD = 256 }; /* bytes of a line that are looked at */

static const char *const openers[] = {
    "here is ",         "here's ",     "here are ",      "sure",
    "certainly",        "of course",   "okay",           "ok,",
    "absolutely",       "below is ",   "the following",  "i've ",
    "i have ",          "i'll ",       "let me ",        "the rewritten",
    "the updated",      "the revised", "the refactored", "rewritten ",
    "rewritten:",       "updated ",    "revised ",       "refactored ",
    "improved ",        "corrected ",  "this is the ",   "hier ist ",
    "nat\xc3\xbcrlich", "voici ",      "aqu\xc3\xad ",
};

static const char *const objects[] = {
    "code",      "version", "rewrite",  "replacement",    " text",
    "selection", "snippet", "function", "paragraph",      "translation",
    "sentence",  "method",  "class",    "implementation", "rewritten:",
};

static const char *const interjections[] = {
    "sure",       "certainly",  "of course", "okay", "absolutely",
    "sure thing", "no problem", "got it",    "ok",
};

/* Behind a rewrite of anything. */
static const char *const closers[] = {
    "let me know if",
    "i hope this",
    "hope this helps",
    "feel free to ",
    "explanation of the changes",
    "explanation of changes",
    "would you like me to",
    "changes made:",
    "key changes:",
    "summary of changes",
    "explanation of the rewrite",
};

/* And of code. */
static const char *const code_closers[] = {
    "explanation",
    "this version ",
    "this code ",
    "this implementation ",
    "this rewrite ",
    "this change ",
    "i've ",
    "i have ",
    "i changed ",
    "i replaced ",
    "i added ",
    "i removed ",
    "i used ",
    "the changes ",
    "the code above",
    "note that ",
    "key improvements",
    "in this version",
    "changes:",
    "the main changes",
    "the function now ",
    "in the code above",
    "what changed",
    "if you need ",
    "if you want ",
    "if you'd like",
};

static const char *const refusals[] = {
    "i'm sorry",       "i am sorry",
    "sorry, ",         "i can't",
    "i cannot",        "i can not",
    "i'm unable",      "i am unable",
    "i'm not able",    "as an ai",
    "unfortunately, ", "i apologize",
    "es tut mir leid", "je suis d\xc3\xa9sol\xc3\xa9",
    "lo siento",
};

/* Instead of code only. */
static const char *const evasions[] = {
    "i don't have",   "i do not have",       "i don't see",
    "i do not see",   "could you ",          "can you ",
    "please provide", "please share",        "it looks like ",
    "it seems ",      "there is no ",        "there are no ",
    "no changes ",    "the code is already", "the selected ",
    "the selection ", "i need more",         "i would need",
    "to help you",    "what would you like", "the provided ",
    "the code you",
};

static const char *const denials[] = {
    "can't help",    "cannot help",    "can't assist",   "cannot assist",
    "unable to ",    "can't fulfill",  "cannot fulfill", "can't comply",
    "cannot comply", "can't do that",  "can't provide",  "cannot provide",
    "not able to ",  "language model", "can't rewrite",  "cannot rewrite",
    "can't process", "cannot process", "kann ich nicht", "ne peux pas",
    "no puedo",
};

/* Lower case, straight apostrophes, no emphasis in front. */
static void
fold(char out[HEAD], struct dc_str line)
{
    size_t n = 0;
    line = str_trim(line);
    while (line.len > 0 && (line.ptr[0] == '*' || line.ptr[0] == '_')) {
        line.ptr++;
        line.len--;
    }
    for (size_t i = 0; i < line.len && n + 1 < HEAD; i++) {
        struct dc_str rest = {line.ptr + i, line.len - i};
        char c = line.ptr[i];
        if (str_starts(rest, "\xe2\x80\x99")) {
            c = '\'';
            i += 2;
        }
        out[n++] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    out[n] = '\0';
}

static bool
starts_one(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

static bool
holds_one(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, words[i]) != NULL)
            return true;
    return false;
}

#define STARTS(text, words)                                                    \
    starts_one(text, words, sizeof(words) / sizeof *(words))
#define HOLDS(text, words)                                                     \
    holds_one(text, words, sizeof(words) / sizeof *(words))

/* The last character that is no emphasis. */
static char
last_of(struct dc_str line)
{
    line = str_trim(line);
    while (line.len > 0 &&
           (line.ptr[line.len - 1] == '*' || line.ptr[line.len - 1] == '_'))
        line.len--;
    return line.len > 0 ? line.ptr[line.len - 1] : '\0';
}

bool
rw_is_opener(struct dc_str line)
{
    char text[HEAD];
    fold(text, line);
    return STARTS(text, openers);
}

bool
rw_is_interjection(struct dc_str line)
{
    char text[HEAD];
    fold(text, line);
    size_t len = strlen(text);
    while (len > 0 && strchr("!.,*", text[len - 1]) != NULL)
        text[--len] = '\0';
    for (size_t i = 0; i < sizeof interjections / sizeof *interjections; i++)
        if (strcmp(text, interjections[i]) == 0)
            return true;
    return false;
}

bool
rw_is_preamble(const struct rw_place *place, struct dc_str line)
{
    char text[HEAD];
    fold(text, line);
    return last_of(line) == ':' && STARTS(text, openers) &&
           HOLDS(text, objects) && !rw_among(&place->lines, line);
}

/* A sentence, not a statement: capital, words, and an end. */
bool
rw_is_caption(const struct rw_place *place, struct dc_str line)
{
    struct dc_str s = str_trim(line);
    bool wide = s.len >= 3 && memcmp(s.ptr + s.len - 3, WIDE_COLON, 3) == 0;
    return !place->text && rw_lead(line) == 0 &&
           (wide || last_of(line) == ':' || str_starts(s, "#")) &&
           !rw_among(&place->lines, line);
}

bool
rw_is_prose(struct dc_str line)
{
    char last = last_of(line);
    line = str_trim(line);
    while (line.len > 0 && strchr("*_ ", line.ptr[0]) != NULL) {
        line.ptr++;
        line.len--;
    }
    bool capital = line.len > 0 && line.ptr[0] >= 'A' && line.ptr[0] <= 'Z';
    bool words = str_find(line, ' ') < line.len;
    return (capital && words &&
            (last == ':' || last == '.' || last == '!' || last == '?')) ||
           rw_is_interjection(line);
}

/* No line of the selection begins in this way. */
static bool
is_foreign(const struct rw_place *place, struct dc_str line)
{
    char text[HEAD], other[HEAD];
    fold(text, line);
    text[text[0] != '\0' && strlen(text) > 8 ? 8 : strlen(text)] = '\0';
    for (size_t i = 0; i < place->lines.count; i++) {
        fold(other, place->lines.at[i]);
        if (strncmp(other, text, strlen(text)) == 0)
            return false;
    }
    return true;
}

bool
rw_is_postamble(const struct rw_place *place, struct dc_str line)
{
    char text[HEAD];
    struct dc_str bare = line;
    while (bare.len > 0 && bare.ptr[0] == '#')
        bare.ptr++, bare.len--;
    fold(text, bare);
    bool known =
        STARTS(text, closers) || (!place->text && STARTS(text, code_closers));
    return known && rw_lead(line) == 0 && is_foreign(place, line);
}

bool
rw_is_refusal(const struct rw_place *place, struct dc_str line)
{
    char text[HEAD];
    if (rw_lead(line) > 0)
        return false;
    fold(text, line);
    bool refuses = STARTS(text, refusals);
    bool known = place->text ? refuses && HOLDS(text, denials)
                             : (refuses || STARTS(text, evasions)) &&
                                   str_find(line, ' ') < line.len &&
                                   strpbrk(text, ".?!:") != NULL;
    return known && is_foreign(place, line);
}
