/*
 * The bytes of a journal (journal.h). A record's checksum covers its kind and
 * length, too, so that no flipped bit turns one kind into another.
 */
#ifndef HOST_RECORD_H
#define HOST_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "deepchat.h"

#define RECORD_MAGIC "DEEPCHAT JOURNAL 1\n"
/* A larger journal is neither written nor read. */
#define RECORD_FILE_MAX ((size_t)64 << 20)

struct record {
    char kind;
    struct dc_str payload; /* borrowed from the file */
};

/* Append one record; false if out is full. */
bool record_add(struct buf *out, char kind, struct dc_str payload);
/* Take the first record off rest. False at the end and at a record that is
 * torn or damaged. */
bool record_next(struct dc_str *rest, struct record *out);

/* "key=value\n" with any byte of value kept: the payload of meta and end. */
bool record_add_field(struct buf *out, const char *key, const char *value);
/* Owned (free); NULL if payload has no such key. */
char *record_field(struct dc_str payload, const char *key);

#endif
