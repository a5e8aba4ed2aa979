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
 * K is one of m(eta) u(ser) t(ext) r(easoning) a(new) e(nd) c(hoice): the
 * payload of the last is "N K " and what a record K of choice N would hold, K
 * being t, r or e.
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
/* The same of another answer to the same question (n > 1), and its end. choice
 * is above 0. */
bool journal_choice(struct journal *j, unsigned choice, enum dc_delta_kind kind,
                    struct dc_str text, struct dc_error *err);
bool journal_choice_end(struct journal *j, unsigned choice, const char *pairs,
                        struct dc_error *err);
/* What came so far is void: the answer comes anew. The others stay. */
bool journal_anew(struct journal *j, struct dc_error *err);
/* The chat has a path now, or another one. */
bool journal_chat(struct journal *j, const char *path, struct dc_error *err);
/* The editor is gone, and the reply goes on without it. */
bool journal_detached(struct journal *j, struct dc_error *err);
/* The user has taken the reply out of the chat: "deleted" or "undone". */
bool journal_lost(struct journal *j, const char *why, struct dc_error *err);
/* finish: "stop", "length", "stopped", "interrupted"...; pairs: of the marker.
 * Synced to disk soon after. */
bool journal_end(struct journal *j, const char *finish, const char *pairs,
                 struct dc_error *err);

/* Borrowed. */
const char *journal_path(const struct journal *j);

/* Close, keep the file, release the lock. NULL is ignored. */
void journal_close(struct journal *j);
/* The reply is in a saved chat: close and remove the file. */
void journal_remove(struct journal *j);

/* Wait until everything written so far is on disk, at most ms milliseconds. */
void journal_flush(int ms);

/* What another answer came to. */
struct journal_choice {
    unsigned number; /* from 1 */
    char *pairs;     /* "" if it never ended */
    struct dc_str reasoning, text;
};

/* What a file holds: all records before the first damaged one. */
struct journal_entry {
    char *file; /* path of the journal file */
    char *chat, *project, *model;
    int64_t started;      /* seconds since 1970 */
    char *finish, *pairs; /* "" if the reply never ended */
    char *lost;           /* as journal_lost() was told, else "" */
    bool detached;        /* journal_detached() was called */
    bool writing;         /* a living process still adds to it */
    bool whole;           /* no damaged record, nothing behind the last */
    struct dc_str user, reasoning, text;
    struct journal_choice *choices; /* by number */
    size_t choice_count;
};

/* Paths of the newest journals in dir, the newest first. Owned:
 * journal_names_free(). */
char **journal_names(const char *dir, size_t *count);
void journal_names_free(char **names, size_t count);

/* Read one. False if it is damaged from the start or of a newer format (then
 * it is renamed to *.bad), not ours, empty, or written by a process that still
 * has its editor. Owned: journal_entry_finish(). */
bool journal_read(const char *file, struct journal_entry *e);
void journal_entry_finish(struct journal_entry *e);

/* All that journal_read() gives of dir, oldest first. Owned:
 * journal_entries_free(). */
struct journal_entry *journal_list(const char *dir, size_t *count);
void journal_entries_free(struct journal_entry *entries, size_t count);

/* Remove the file of an entry that nobody writes. */
bool journal_forget(const char *file);
/* Rename it to *.bad: out of the way, but not lost. */
void journal_set_aside(const char *file);

#endif
