/*
 * What came, on disk before anybody sees it. One file per reply, append-only,
 * 0600 in a 0700 directory, locked by the process that writes it. A record is
 * a head line with kind, length and CRC-32, then the bytes, so a torn or
 * damaged tail is found and left out. fdatasync runs on one helper thread.
 *
 * The bytes of the format (all of it is text but the payload; the sum is that
 * of "K LENGTH " and the payload):
 *   DEEPCHAT JOURNAL 1\n
 *   K LENGTH CRC32HEX\n PAYLOAD \n
 * K is one of m(eta) u(ser) t(ext) r(easoning) e(nd).
 */
#ifndef HOST_JOURNAL_H
#define HOST_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deepchat.h"

struct journal;

/* What a reply belongs to. Kept. */
struct journal_head {
    const char *chat;    /* path of the chat file, "" if it has none yet */
    const char *project; /* root directory */
    const char *model;
    struct dc_str user; /* the user's turn, as it stands in the chat */
};

/* Create a file in dir (made if missing, 0700) and lock it. NULL with *err if
 * the disk refuses: the caller warns once and goes on without. */
struct journal *journal_new(const char *dir, const struct journal_head *head,
                            struct dc_error *err);

/* Append. Returns once write() has taken all of it; a failure is sticky. */
bool journal_text(struct journal *j, struct dc_str text, struct dc_error *err);
bool journal_reasoning(struct journal *j, struct dc_str text,
                       struct dc_error *err);
/* The chat has a path now, or another one. */
bool journal_chat(struct journal *j, const char *path, struct dc_error *err);
/* finish: "stop", "length", "stopped", "interrupted"...; pairs: of the marker.
 * Synced to disk soon after. */
bool journal_end(struct journal *j, const char *finish, const char *pairs,
                 struct dc_error *err);

/* Close, keep the file, release the lock. NULL is ignored. */
void journal_close(struct journal *j);
/* The reply is in a saved chat: close and remove the file. */
void journal_remove(struct journal *j);

/* Wait until everything written so far is on disk, at most ms milliseconds. */
void journal_flush(int ms);

/* What a file holds: all records before the first damaged one. */
struct journal_entry {
    char *file; /* path of the journal file */
    char *chat, *project, *model;
    int64_t started;      /* seconds since 1970 */
    char *finish, *pairs; /* "" if the reply never ended */
    struct dc_str user, reasoning, text;
};

/* The entries of dir that no living process holds, oldest first; garbage and
 * newer formats are renamed to *.bad. Owned: journal_entries_free(). */
struct journal_entry *journal_list(const char *dir, size_t *count);
void journal_entries_free(struct journal_entry *entries, size_t count);
/* Remove the file of an entry that was restored. */
bool journal_forget(const char *file);

#endif
