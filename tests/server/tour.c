#include "tour.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define MARK "<!-- section:"

struct section {
    struct dc_str keywords;
    struct dc_str text;
};

struct tour {
    struct buf file;
    struct section *sections;
    size_t count;
};

static struct dc_str
take_line(struct dc_str *rest)
{
    size_t n = str_find(*rest, '\n');
    struct dc_str line = {rest->ptr, n};
    n += n < rest->len;
    rest->ptr += n;
    rest->len -= n;
    return line;
}

static void
split_sections(struct tour *t)
{
    struct dc_str rest = buf_str(&t->file);
    while (rest.len > 0) {
        struct dc_str line = take_line(&rest);
        if (str_starts(line, MARK)) {
            size_t head = strlen(MARK);
            struct dc_str words = {line.ptr + head, line.len - head};
            words.len = str_find(words, '>');
            t->sections =
                mem_resize(t->sections, t->count + 1, sizeof *t->sections);
            t->sections[t->count++] = (struct section){words, {rest.ptr, 0}};
        } else if (t->count > 0) {
            struct dc_str *text = &t->sections[t->count - 1].text;
            text->len = (size_t)(rest.ptr - text->ptr);
        }
    }
    for (size_t i = 0; i < t->count; i++)
        t->sections[i].text = str_trim(t->sections[i].text);
}

struct tour *
tour_load(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return NULL;
    }
    struct tour *t = mem_alloc(sizeof *t);
    buf_init(&t->file, (size_t)4 << 20);
    char piece[4096];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, file)) > 0)
        buf_add(&t->file, piece, n);
    fclose(file);
    split_sections(t);
    if (t->count > 0)
        return t;
    fprintf(stderr, "%s: no section in it\n", path);
    tour_free(t);
    return NULL;
}

void
tour_free(struct tour *t)
{
    if (t == NULL)
        return;
    buf_finish(&t->file);
    free(t->sections);
    free(t);
}

static bool
contains(struct dc_str text, struct dc_str word)
{
    for (size_t i = 0; i + word.len <= text.len; i++)
        if (strncasecmp(text.ptr + i, word.ptr, word.len) == 0)
            return true;
    return false;
}

static bool
matches(struct dc_str keywords, struct dc_str message)
{
    while (keywords.len > 0) {
        size_t n = str_find(keywords, ',');
        struct dc_str word = str_trim((struct dc_str){keywords.ptr, n});
        while (word.len > 0 &&
               (word.ptr[word.len - 1] == '-' || word.ptr[word.len - 1] == ' '))
            word.len--;
        if (word.len > 0 && contains(message, word))
            return true;
        n += n < keywords.len;
        keywords.ptr += n;
        keywords.len -= n;
    }
    return false;
}

struct dc_str
tour_answer(const struct tour *t, struct dc_str message, size_t turn)
{
    for (size_t i = 0; i < t->count; i++)
        if (matches(t->sections[i].keywords, message))
            return t->sections[i].text;
    size_t last = t->count - 1;
    size_t index = turn > 0 ? turn - 1 : 0;
    return t->sections[index < last ? index : last].text;
}
