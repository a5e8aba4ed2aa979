/*
 * The generated content of the scripted server: token number i is a function
 * of i alone, so a test can work out the exact text of any stream. A Markdown
 * text of words, with headings, paragraphs and some characters beyond ASCII.
 */
#ifndef SERVER_WORDS_H
#define SERVER_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* No token is longer. */
#define WORDS_MAX 32

static inline size_t
words_token(size_t i, char out[WORDS_MAX])
{
    static const char list[32][12] = {
        "river",         "stone",  "light", "paper",        "under",
        "cold",          "a",      "the",   "of",           "window",
        "green",         "slow",   "train", "na\xc3\xafve", "and",
        "through",       "copper", "field", "north",        "in",
        "quiet",         "letter", "salt",  "number",       "early",
        "wood",          "glass",  "every", "to",           "morning",
        "5\xe2\x82\xac", "hand",
    };
    const char *word = list[((uint32_t)i * 2654435761u) >> 27];
    const char *before = i == 0         ? "# "
                         : i % 200 == 0 ? ".\n\n## "
                         : i % 40 == 0  ? ".\n\n"
                         : i % 13 == 0  ? ".\n"
                         : i % 7 == 0   ? ", "
                                        : " ";
    size_t head = strlen(before), len = strlen(word);
    memcpy(out, before, head);
    memcpy(out + head, word, len);
    return head + len;
}

#endif
