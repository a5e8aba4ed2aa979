/*
 * The preambles. A line counts only if it is one as a whole: it starts like a
 * new turn, with a capital letter, and either says no more than that or speaks
 * of going on. "Sure enough, she came." and "Continuing east, they..." do not.
 */
#include "core/seam_words.h"

#include <string.h>

#include "base/buf.h"
#include "core/seam_rules.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* A sentence mark follows, or for the last ones "for" or "about". */
static const char *const assents[] = {
    "sure",       "sure thing",   "certainly",   "of course",    "absolutely",
    "definitely", "okay",         "ok",          "alright",      "all right",
    "understood", "got it",       "no problem",  "you're right", "yes",
    "great",      "right",        "thanks",      "thank you",    "sorry",
    "apologies",  "my apologies", "i apologize", "i apologise",  "i'm sorry",
};

static const char *const leads[] = {
    "continuing",
    "continued",
    "continuation",
    "continue:",
    "cont.",
    "cont'd",
    "here is the rest",
    "here's the rest",
    "here is the remain",
    "here's the remain",
    "here is the continu",
    "here's the continu",
    "here is the complet",
    "here's the complet",
    "picking up",
    "resuming",
    "resume",
    "let me continue",
    "let's continue",
    "i'll continue",
    "i will continue",
    "to continue from",
    "as requested",
    "the rest of",
};

/* With one of these a line speaks of going on. */
static const char *const signs[] = {
    "continu",   "the rest", "left off", "remain",     "cut off",
    "cutoff",    "got cut",  "stopped",  "pick up",    "picking up",
    "interrupt", "truncat",  "resum",    "finish the", "complete the",
};

static const char *const offers[] = {"here is",    "here's",   "here are",
                                     "here it is", "here you", "below is"};

struct line {
    char text[SEAM_PREAMBLE_MAX + 1]; /* lower case, plain quotes */
    size_t len;
    bool marked;  /* "..." or a bracket before it */
    bool capital; /* starts with one */
};

static bool
is_trim(char c)
{
    return c != '\0' && strchr(" \t\r*_[](.", c) != NULL;
}

static void
lower(struct line *out, struct dc_str s)
{
    for (size_t i = 0; i < s.len && out->len < SEAM_PREAMBLE_MAX; i++) {
        char c = s.ptr[i];
        if (s.len - i >= 3 && memcmp(s.ptr + i, "\xe2\x80\x99", 3) == 0) {
            c = '\'';
            i += 2;
        }
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        out->text[out->len++] = c;
    }
    out->text[out->len] = '\0';
}

static struct line
line_of(struct dc_str s)
{
    struct line line = {.len = 0};
    while (s.len > 0) {
        size_t n = is_trim(*s.ptr) ? 1 : str_starts(s, "\xe2\x80\xa6") ? 3 : 0;
        if (n == 0)
            break;
        line.marked = line.marked || (*s.ptr != '*' && *s.ptr != '_');
        s = (struct dc_str){s.ptr + n, s.len - n};
    }
    line.capital = s.len > 0 && *s.ptr >= 'A' && *s.ptr <= 'Z';
    lower(&line, s);
    return line;
}

static bool
holds(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, list[i]) != NULL)
            return true;
    return false;
}

static bool
is_mark(char c)
{
    return c != '\0' && strchr(",.!:;-\xe2", c) != NULL;
}

/* What stands behind the assent, or NULL if the line does not begin so. */
static const char *
behind_assent(const struct line *line)
{
    const char *rest = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < COUNT(assents); i++) {
        size_t n = strlen(assents[i]);
        if (n <= longest || strncmp(line->text, assents[i], n) != 0)
            continue;
        const char *next = line->text + n;
        bool sorry =
            strncmp(next, " for ", 5) == 0 || strncmp(next, " about ", 7) == 0;
        if (!sorry && !is_mark(*next) && strncmp(next, " -", 2) != 0 &&
            strncmp(next, " \xe2", 2) != 0 && *next != '\0')
            continue;
        rest = next;
        longest = n;
    }
    return rest;
}

static const char *
behind_lead(const struct line *line)
{
    for (size_t i = 0; i < COUNT(leads); i++) {
        size_t n = strlen(leads[i]);
        if (strncmp(line->text, leads[i], n) == 0)
            return line->text + n;
    }
    return NULL;
}

static bool
only_marks(const char *text)
{
    return text[strspn(text, " \t\r*_.,!:;-)]}>\xe2\x80\xa6\x94\x93")] == '\0';
}

/* Past emphasis; ':' and dots that lead on say that something follows. */
static bool
leads_on(const struct line *line)
{
    size_t len = line->len;
    while (len > 0 && strchr(" \t\r*_)]", line->text[len - 1]) != NULL)
        len--;
    const char *end = line->text + len;
    return (len > 0 && end[-1] == ':') ||
           (len >= 3 && (memcmp(end - 3, "...", 3) == 0 ||
                         memcmp(end - 3, "\xe2\x80\xa6", 3) == 0));
}

static enum seam_words
judge(const struct line *line)
{
    const char *rest = behind_assent(line);
    bool turn = line->capital || line->marked;
    if (!turn && (rest == NULL || !leads_on(line)))
        return SEAM_WORDS_NONE;
    if (turn && rest != NULL && only_marks(rest))
        return strpbrk(rest, ",.!:;-\xe2") != NULL ? SEAM_WORDS_WEAK
                                                   : SEAM_WORDS_BARE;
    if (rest != NULL &&
        (holds(rest, signs, COUNT(signs)) ||
         (holds(rest, offers, COUNT(offers)) && leads_on(line))))
        return SEAM_WORDS_STRONG;
    rest = behind_lead(line);
    if (rest == NULL)
        return SEAM_WORDS_NONE;
    bool off = strstr(rest, "left off") != NULL ||
               strstr(rest, " where") != NULL ||
               strncmp(line->text, "here", 4) == 0;
    return leads_on(line) || only_marks(rest) || off ? SEAM_WORDS_STRONG
                                                     : SEAM_WORDS_NONE;
}

static enum seam_words
whole(const struct line *line)
{
    static const char *const sure[] = {"continu", "left off", "cut off"};
    enum seam_words words = judge(line);
    bool going_on = holds(line->text, sure, COUNT(sure)) && leads_on(line);
    return words == SEAM_WORDS_STRONG && going_on ? SEAM_WORDS_SURE : words;
}

/* The line is the start of one of them, or goes on behind it. */
static bool
begins(const struct line *line, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(list[i]);
        if (strncmp(line->text, list[i], n < line->len ? n : line->len) == 0)
            return true;
    }
    return false;
}

/* The same, but what goes on must still be able to become a sentence mark. */
static bool
begins_assent(const struct line *line)
{
    for (size_t i = 0; i < COUNT(assents); i++) {
        size_t n = strlen(assents[i]);
        size_t most = n < line->len ? n : line->len;
        const char *rest = line->text + most;
        if (strncmp(line->text, assents[i], most) == 0 &&
            (strncmp(" for ", rest, line->len - most) == 0 ||
             strncmp(" about ", rest, line->len - most) == 0))
            return true;
    }
    return behind_assent(line) != NULL;
}

static enum seam_words
partly(const struct line *line)
{
    bool maybe = begins(line, leads, COUNT(leads)) || begins_assent(line);
    return maybe ? SEAM_WORDS_MAYBE : SEAM_WORDS_NONE;
}

enum seam_words
seam_words(struct dc_str s, bool complete)
{
    if (s.len > SEAM_PREAMBLE_MAX)
        return SEAM_WORDS_NONE;
    struct line line = line_of(s);
    return complete ? whole(&line) : partly(&line);
}
