#include "host/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/file.h"
#include "host/journal.h"

/* All of text, as dc_escape writes it; owned by esc. */
static struct dc_str
escaped(struct dc_escape *esc, struct dc_str text)
{
    return dc_escape_add(esc, text, true);
}

static bool
contains(struct dc_str hay, struct dc_str needle)
{
    if (needle.len == 0)
        return true;
    for (size_t at = 0; at + needle.len <= hay.len; at++) {
        const char *hit =
            memchr(hay.ptr + at, needle.ptr[0], hay.len - needle.len - at + 1);
        if (hit == NULL)
            return false;
        at = (size_t)(hit - hay.ptr);
        if (memcmp(hit, needle.ptr, needle.len) == 0)
            return true;
    }
    return false;
}

/* True if the chat file has all of the reply. */
static bool
is_in_chat(const struct journal_entry *e)
{
    struct buf chat;
    buf_init(&chat, DC_REQUEST_MAX);
    struct dc_escape *esc = dc_escape_new();
    bool found = e->chat[0] != '\0' && file_read(e->chat, &chat, NULL) &&
                 contains(buf_str(&chat), str_trim(escaped(esc, e->text)));
    dc_escape_free(esc);
    buf_finish(&chat);
    return found;
}

static void
add_turn(struct buf *out, enum dc_role role, const char *pairs,
         struct dc_str text)
{
    size_t len;
    char *turn = dc_turn_print(role, str_of(pairs), text, &len);
    buf_add(out, turn, len);
    dc_free(turn);
}

static struct value *
turns(const struct journal_entry *e)
{
    struct buf out;
    buf_init(&out, DC_REQUEST_MAX);
    if (e->reasoning.len > 0)
        add_turn(&out, DC_ROLE_REASONING, "", e->reasoning);
    add_turn(&out, DC_ROLE_ASSISTANT,
             e->pairs[0] != '\0' ? e->pairs : " finish=interrupted", e->text);
    struct value *v = value_str(buf_str(&out));
    buf_finish(&out);
    return v;
}

static struct value *
describe(const struct journal_entry *e)
{
    struct value *v = value_map();
    value_put(v, "file", value_text(e->file));
    value_put(v, "chat", value_text(e->chat));
    value_put(v, "project", value_text(e->project));
    value_put(v, "model", value_text(e->model));
    value_put(v, "started", value_int(e->started));
    value_put(v, "finish",
              value_text(e->finish[0] != '\0' ? e->finish : "interrupted"));
    value_put(v, "user", value_str(e->user));
    value_put(v, "bytes", value_int((int64_t)e->text.len));
    value_put(v, "turns", turns(e));
    return v;
}

struct value *
resume_list(const char *state_dir)
{
    if (state_dir == NULL)
        return value_list();
    char *dir = file_join(state_dir, "journal");
    size_t count;
    struct journal_entry *entries = journal_list(dir, &count);
    struct value *list = value_list();
    for (size_t i = 0; i < count; i++) {
        const struct journal_entry *e = &entries[i];
        if (e->text.len + e->reasoning.len == 0 || is_in_chat(e))
            journal_forget(e->file);
        else
            value_add(list, describe(e));
    }
    journal_entries_free(entries, count);
    free(dir);
    return list;
}
