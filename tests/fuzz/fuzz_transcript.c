/*
 * Chat files and escaping. The input is taken as a chat file, then as text to
 * print and to escape, cut where its own bytes say.
 */
#include <assert.h>
#include <stdio.h>

#include "../lib/transcript_laws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t cut_state;

static size_t
next_cut(void)
{
    cut_state = cut_state * 1103515245 + 12345;
    return (cut_state >> 16) & 0x7fff;
}

static void
hold(const char *broken)
{
    if (broken != NULL) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
}

/* Pairs that nobody checked must not break the marker. */
static void
check_pairs(struct dc_str pairs)
{
    struct dc_str file;
    char *printed = dc_turn_print(DC_ROLE_NOTE, pairs, pairs, &file.len);
    file.ptr = printed;
    struct dc_transcript *tr;
    assert(dc_transcript_parse(&tr, file, NULL));
    const struct dc_turn *turn = dc_transcript_turn(tr, 0);
    assert(turn != NULL && turn->role == DC_ROLE_NOTE);
    assert(dc_transcript_turn(tr, 1) == NULL);
    hold(laws_print(DC_ROLE_NOTE, turn->pairs, pairs));
    char *id = dc_pairs_get(pairs, "id");
    assert(id == NULL || utf8_clean(str_of(id)));
    dc_free(id);
    dc_transcript_free(tr);
    dc_free(printed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dc_str text = {(const char *)data, size};
    cut_state = size > 0 ? data[size - 1] + 256 * size : 1;
    hold(laws_file(text));
    hold(laws_print(DC_ROLE_USER, (struct dc_str){NULL, 0}, text));
    hold(laws_escape(text, next_cut));
    check_pairs(text);
    return 0;
}
