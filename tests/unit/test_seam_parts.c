/* The parts of the seam by themselves: fences, preambles, weights, walks. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/buf.h"
#include "core/seam_fence.h"
#include "core/seam_match.h"
#include "core/seam_words.h"

static struct dc_str
str(const char *text)
{
    return (struct dc_str){text, strlen(text)};
}

Test(seam_parts, fences, .timeout = 20)
{
    static const struct {
        const char *text;
        size_t len; /* of the fence that is open */
        const char *info;
    } rows[] = {
        {"", 0, ""},
        {"text", 0, ""},
        {"```", 3, ""},
        {"```c\nint", 3, "c"},
        {"``\nint", 0, ""},
        {"```c\nint\n```", 0, ""},
        {"```c\nint\n```\n", 0, ""},
        {"```c\nint\n``", 3, "c"},
        {"```c\nint\n````", 0, ""},
        {"````md\n```\n", 4, "md"},
        {"````md\n```\n````\n", 0, ""},
        {"~~~ sh\n```\n", 3, "sh"},
        {"~~~\n~~~~~\n", 0, ""},
        {"```c\n``` c\n", 3, "c"},
        {"``` a`b\n", 0, ""},
        {"~~~ a`b\n", 3, "a`b"},
        {"   ```c\n", 3, "c"},
        {"    ```c\n", 0, ""},
        {"\t```c\n", 0, ""},
        {"- a\n  ```c\n", 3, "c"},
        {"- a\n    ```c\n", 3, "c"},
        {"- a\n  - b\n    ```c\n    x\n    ```\n", 0, ""},
        {"- a\n  - b\n      ```c\n", 3, "c"},
        {"- a\n\nb\n\n    ```c\n", 0, ""},
        {"1. ```c\n   x\n", 3, "c"},
        {"10) a\n    ```c\n    x\n    ```\n", 0, ""},
        {"> ```c\n> x\n", 3, "c"},
        {"> ```c\n> x\n> ```\n", 0, ""},
        {"```c\r\nint\r\n```\r\n", 0, ""},
        {"```c\nint\n        ```\n", 3, "c"},
        {"12345. ```c\n", 3, "c"},
        {"-```c\n", 0, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seam_fence f = seam_fence_open(str(rows[i].text));
        cr_expect_eq(f.len, rows[i].len, "%s: %zu", rows[i].text, f.len);
        cr_expect(str_is(f.info, rows[i].info), "%s", rows[i].text);
    }
}

Test(seam_parts, words, .timeout = 20)
{
    static const struct {
        const char *line;
        enum seam_words words;
    } rows[] = {
        {"Sure!", SEAM_WORDS_WEAK},
        {"Certainly.", SEAM_WORDS_WEAK},
        {"Sure enough, she came.", SEAM_WORDS_NONE},
        {"Surely not", SEAM_WORDS_NONE},
        {"Sure, I can do that.", SEAM_WORDS_NONE},
        {"Sure, here is the rest:", SEAM_WORDS_STRONG},
        {"Certainly! Here\xe2\x80\x99s the function:", SEAM_WORDS_STRONG},
        {"sure, here is the rest:", SEAM_WORDS_STRONG},
        {"Of course \xe2\x80\x94 continuing.", SEAM_WORDS_STRONG},
        {"I apologize for the interruption.", SEAM_WORDS_STRONG},
        {"Sorry about that, I was cut off.", SEAM_WORDS_STRONG},
        {"Continuing:", SEAM_WORDS_SURE},
        {"Continuing from where I left off:", SEAM_WORDS_SURE},
        {"Continuing east, they came to a river.", SEAM_WORDS_NONE},
        {"...continued", SEAM_WORDS_STRONG},
        {"\xe2\x80\xa6"
         "continued",
         SEAM_WORDS_STRONG},
        {"(continued)", SEAM_WORDS_STRONG},
        {"**Continued:**", SEAM_WORDS_SURE},
        {"continued", SEAM_WORDS_NONE},
        {"Here is the rest of the code:", SEAM_WORDS_STRONG},
        {"Here is the thing: nobody knew.", SEAM_WORDS_NONE},
        {"# Here is the rest of the setup:", SEAM_WORDS_NONE},
        {"", SEAM_WORDS_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dc_str line = str(rows[i].line);
        cr_expect_eq(seam_words(line, true), rows[i].words, "%s: %d",
                     rows[i].line, seam_words(line, true));
        for (size_t n = 1; rows[i].words > SEAM_WORDS_MAYBE && n < line.len;
             n++)
            if (((unsigned char)line.ptr[n] & 0xc0) != 0x80)
                cr_expect_eq(seam_words((struct dc_str){line.ptr, n}, false),
                             SEAM_WORDS_MAYBE, "%.*s", (int)n, line.ptr);
    }
    cr_expect_eq(seam_words(str("Sure e"), false), SEAM_WORDS_NONE);
    cr_expect_eq(seam_words(str("Then"), false), SEAM_WORDS_NONE);
}

Test(seam_parts, weights, .timeout = 20)
{
    static const struct {
        const char *text;
        size_t chars, letters, distinct;
        bool repeats;
    } rows[] = {
        {"abc", 3, 3, 3, false},
        {"abab", 4, 4, 2, true},
        {"None,\n    None,", 15, 8, 4, true},
        {"-----", 5, 0, 0, true},
        {"}\n  }", 5, 0, 0, true},
        {"0, 0, 1", 7, 3, 2, false},
        {"\xe2\x80\x94"
         "a",
         2, 1, 1, false},
        {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", 3, 0, 0, false},
        {"\xe4\xbd\xa0\xe5\xa5\xbd", 2, 2, 6, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seam_weight w = seam_weigh(str(rows[i].text));
        cr_expect_eq(w.chars, rows[i].chars, "%s", rows[i].text);
        cr_expect_eq(w.letters, rows[i].letters, "%s", rows[i].text);
        cr_expect_eq(w.repeats, rows[i].repeats, "%s", rows[i].text);
        cr_expect(w.distinct == rows[i].distinct || rows[i].letters > 1,
                  "%s: %zu", rows[i].text, w.distinct);
    }
}

Test(seam_parts, overlaps, .timeout = 20)
{
    static const struct {
        const char *kept, *head;
        size_t len, places;
    } rows[] = {
        {"abcdef", "defgh", 3, 0}, {"abcdef", "abc", 0, 1},
        {"abcabc", "abc", 3, 1},   {"aaaa", "aa", 2, 2},
        {"abcdef", "x", 0, 0},     {"", "abc", 0, 0},
        {"abcdef", "", 0, 0},      {"xababab", "ababx", 4, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seam_overlap o =
            seam_overlap(str(rows[i].kept), str(rows[i].head));
        cr_expect_eq(o.len, rows[i].len, "%s: %zu", rows[i].kept, o.len);
        cr_expect_eq(o.places, rows[i].places, "%s: %zu", rows[i].kept,
                     o.places);
    }
}

Test(seam_parts, walks, .timeout = 20)
{
    static const struct {
        const char *text;
        size_t used;
        bool done, dead, folded;
    } rows[] = {
        {"one  two", 8, true, false, false},
        {"one two", 7, true, false, true},
        {"one\n\n\ntwo more", 9, true, false, true},
        {"one  tw", 7, false, false, false},
        {"onetwo", 3, false, true, false},
        {"one  too", 6, false, true, false},
        {"on e", 2, false, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step <= 20; step += 19) {
            struct seam_walk walk = seam_walk_from(str("one  two"), 0);
            struct dc_str text = str(rows[i].text);
            size_t used = 0;
            while (used < text.len && !walk.done && !walk.dead) {
                struct dc_str piece = str_from(text, used);
                piece.len = piece.len < step ? piece.len : step;
                used += seam_walk_step(&walk, str("one  two"), piece);
            }
            cr_expect_eq(used, rows[i].used, "%s: %zu", rows[i].text, used);
            cr_expect_eq(walk.done, rows[i].done, "%s", rows[i].text);
            cr_expect_eq(walk.dead, rows[i].dead, "%s", rows[i].text);
            cr_expect_eq(walk.folded, rows[i].folded, "%s", rows[i].text);
        }
}
