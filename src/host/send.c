/*
 * The same reply as in an editor, with a file and standard output in the place
 * of a buffer. A chat that an editor has open is left alone, and so is one that
 * was changed meanwhile: then the reply is in its journal.
 */
#include "host/send.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/about.h"
#include "host/allow.h"
#include "host/ask.h"
#include "host/catalog.h"
#include "host/config.h"
#include "host/file.h"
#include "host/lock.h"
#include "host/log.h"
#include "host/mention.h"
#include "host/reply.h"
#include "host/service.h"

enum { FENCE_MAX = 64 };

struct send {
    struct loop *lp;
    const char *file;
    struct reply *reply;
    struct usage *usage;
    struct buf chat;    /* the file as it was read */
    struct buf text[2]; /* what came, escaped, by dc_delta_kind */
    struct ask_filter filter;
    int status;
};

static void
complain(const char *line)
{
    fprintf(stderr, "deepchat: %s\n", line);
}

static void
on_started(void *user)
{
    (void)user; /* a script does not need to know */
}

static void
on_text(void *user, enum dc_delta_kind kind, struct dc_str text)
{
    struct send *s = user;
    buf_add_str(&s->text[kind], text);
    if (kind == DC_DELTA_TEXT) {
        fwrite(text.ptr, 1, text.len, stdout);
        fflush(stdout);
    }
}

/* What is printed is printed, but the file gets one answer. */
static void
on_anew(void *user)
{
    struct send *s = user;
    buf_reset(&s->text[DC_DELTA_TEXT]);
    buf_reset(&s->text[DC_DELTA_REASONING]);
    putchar('\n');
}

static void
on_status(void *user, const char *text)
{
    (void)user;
    log_line(LOG_DEBUG, "%s", text);
}

static void
on_notice(void *user, const char *text)
{
    (void)user;
    complain(text);
}

/* The text is escaped already, so the turn is put together by hand. */
static void
add_turn(struct buf *out, const char *role, const char *pairs,
         const struct buf *text)
{
    size_t len = out->len;
    bool blank_before = len == 0 || (len > 1 && out->ptr[len - 1] == '\n' &&
                                     out->ptr[len - 2] == '\n');
    if (len > 0 && out->ptr[len - 1] != '\n')
        buf_add_text(out, "\n");
    if (!blank_before)
        buf_add_text(out, "\n");
    buf_addf(out, "%%%% %s%s\n\n", role, pairs);
    buf_add_str(out, buf_str(text));
    buf_add_text(out, "\n");
}

/* The file is still what was sent. Who has written it meanwhile may have
 * changed the very turn that this is the reply to. */
static bool
is_unchanged(struct send *s)
{
    struct buf now;
    buf_init(&now, DC_REQUEST_MAX);
    bool same = file_read(s->file, &now, NULL) &&
                str_same(buf_str(&now), buf_str(&s->chat));
    buf_finish(&now);
    return same;
}

static bool
append_reply(struct send *s, const char *pairs)
{
    struct buf none = {.limit = 0};
    struct dc_error err;
    if (!is_unchanged(s)) {
        complain("the chat has changed meanwhile; :DeepResume has the reply");
        return false;
    }
    if (s->text[DC_DELTA_REASONING].len > 0)
        add_turn(&s->chat, "reasoning", "", &s->text[DC_DELTA_REASONING]);
    add_turn(&s->chat, "assistant", pairs, &s->text[DC_DELTA_TEXT]);
    add_turn(&s->chat, "user", "", &none);
    if (!s->chat.full && file_replace(s->file, buf_str(&s->chat), &err))
        return true;
    complain(s->chat.full ? "the chat is too large; :DeepResume has the reply"
                          : err.text);
    return false;
}

/* The answer as it is to stand in the file. */
static void
filter_text(struct send *s)
{
    struct buf *text = &s->text[DC_DELTA_TEXT];
    if (s->filter.add == NULL)
        return;
    struct dc_str shown = ask_filter_add(&s->filter, buf_str(text), true);
    buf_reset(text);
    buf_add_str(text, shown);
}

/* Say how it ended. False if the answer is not what it was to be. */
static bool
tell_end(const struct send *s, const struct reply_end *end)
{
    struct value *about = about_end(end), *item;
    ask_filter_tell(&s->filter, about);
    const char *line = value_as_text(value_get(about, "line"), "");
    const struct value *list = value_get(about, "violations");
    bool fits = list == NULL && strcmp(line, end->line) == 0;
    if (line[0] != '\0')
        complain(line);
    for (size_t i = 0; (item = value_at(list, i)) != NULL; i++)
        fprintf(stderr, "%s\n", value_as_text(value_at(item, 1), ""));
    value_free(about);
    return fits;
}

static void
on_ended(void *user, const struct reply_end *end)
{
    struct send *s = user;
    filter_text(s);
    bool whole = tell_end(s, end) && strcmp(end->finish, "error") != 0 &&
                 strcmp(end->finish, "interrupted") != 0 &&
                 strcmp(end->finish, "stopped") != 0;
    bool kept = end->got_text && append_reply(s, end->pairs);
    struct journal *journal = reply_take_journal(s->reply);
    if (kept || !end->got_text)
        journal_remove(journal);
    else
        journal_close(journal);
    if (end->got_text)
        putchar('\n');
    s->status = whole && kept ? 0 : 1;
    loop_stop(s->lp);
}

static struct dc_str
last_user(const struct dc_transcript *tr)
{
    struct dc_str text = {"", 0};
    const struct dc_turn *turn;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++)
        if (turn->role == DC_ROLE_USER && turn->text.len > 0)
            text = turn->text;
    return text;
}

static void
on_signal(void *user, int number)
{
    struct send *s = user;
    (void)number;
    reply_stop(s->reply);
}

/* Files beside the chat, and those of the working directory, may be sent. */
static struct value *
places(const struct send *s)
{
    char *cwd = realpath(".", NULL);
    struct value *args = value_map();
    value_put(args, "file", value_text(s->file));
    value_put(args, "cwd", value_text(cwd));
    value_put(args, "project", value_text(cwd));
    free(cwd);
    return args;
}

static bool
read_files(struct send *s, struct ask *ask, struct dc_error *err)
{
    struct reply_request *request = &ask->request;
    struct value *args = places(s);
    request->pictures =
        pictures_read(request->messages, request->message_count, args, err);
    bool ok = request->pictures != NULL && ask_schema(ask, args, err);
    s->filter = ask->filter;
    value_free(args);
    return ok;
}

/* Buffers and the like are an editor's, and so are the questions about files.
 */
static void
tell_references(const struct dc_transcript *tr)
{
    char name[ALLOW_NAME], line[160];
    const struct dc_turn *turn;
    size_t last = 0;
    for (size_t i = 0; (turn = dc_transcript_turn(tr, i)) != NULL; i++)
        if (turn->role == DC_ROLE_USER && turn->text.len > 0)
            last = i;
    struct dc_str found = mention_find(tr, last);
    char *text = mem_copy(found.ptr, found.len);
    snprintf(line, sizeof line, "%s: no references in --send; sent as it is",
             allow_name(text, name));
    if (found.len > 0)
        complain(line);
    free(text);
}

/* False if they cannot be sent. */
static bool
find_messages(struct send *s, struct ask *ask, struct dc_transcript *tr)
{
    struct reply_request *request = &ask->request;
    struct dc_error err;
    request->messages =
        dc_transcript_messages(tr, SIZE_MAX, &request->message_count);
    if (request->message_count == 0 ||
        request->messages[request->message_count - 1].role != DC_ROLE_USER) {
        const struct dc_turn *last =
            dc_transcript_turn(tr, ask_last_turn(tr, 0));
        bool mine = last == NULL || last->role == DC_ROLE_USER;
        complain(mine ? "your last turn is empty; nothing was sent"
                      : "the last turn is not yours; nothing was sent");
        return false;
    }
    bool ok = read_files(s, ask, &err);
    if (ok)
        tell_references(tr);
    else
        complain(err.text);
    return ok;
}

/* cfg is taken. */
static void
run(struct send *s, struct http *http, struct config *cfg,
    struct dc_transcript *tr)
{
    struct ask ask = {.request = {.cfg = cfg, .rounds = -1, .usage = s->usage}};
    struct reply_request *request = &ask.request;
    usage_chat(s->usage, s->file, 0, request->chat_key);
    service_session(cfg, s->file);
    if (!find_messages(s, &ask, tr)) {
        pictures_free(request->pictures);
        config_free(cfg);
        return;
    }
    request->journal = (struct journal_head){.chat = s->file,
                                             .project = "",
                                             .model = config_model(cfg),
                                             .user = last_user(tr)};
    struct reply_events events = {on_started, on_text,  NULL,
                                  on_anew,    NULL,     on_status,
                                  on_notice,  on_ended, s};
    s->reply = reply_start(s->lp, http, request, events);
    loop_signals(s->lp, on_signal, s);
    loop_run(s->lp);
    reply_free(s->reply);
    pictures_free(request->pictures);
}

static void
lock_and_run(struct send *s, struct http *http, struct config *cfg,
             struct dc_transcript *tr)
{
    int holder;
    char *state = config_state_dir(cfg);
    struct locks *locks = locks_new();
    if (locks_take(locks, state, s->file, &holder)) {
        struct catalog *catalog = catalog_new(s->lp, http);
        s->usage = usage_new(s->lp, catalog);
        run(s, http, cfg, tr);
        usage_free(s->usage);
        catalog_free(catalog);
    } else {
        complain("the chat is open in an editor; nothing was sent");
        config_free(cfg);
    }
    locks_free(locks);
    free(state);
}

int
send_file(struct loop *lp, struct http *http, const char *file,
          const struct value *arguments)
{
    /* absolute, as editors know it, and what a link stands for */
    char *real = realpath(file, NULL);
    struct send s = {.lp = lp, .file = real != NULL ? real : file, .status = 1};
    struct dc_error err = {.text = ""};
    struct dc_transcript *tr = NULL;
    struct config *cfg = NULL;
    buf_init(&s.chat, DC_REQUEST_MAX);
    buf_init(&s.text[0], DC_REPLY_MAX * 2 + FENCE_MAX);
    buf_init(&s.text[1], DC_REPLY_MAX * 2);
    if (file_read(s.file, &s.chat, &err) &&
        dc_transcript_parse(&tr, buf_str(&s.chat), &err)) {
        struct config_sources sources = {.chat = tr, .arguments = arguments};
        cfg = config_new(&sources, &err);
    }
    if (cfg != NULL)
        lock_and_run(&s, http, cfg, tr);
    else
        complain(err.text);
    dc_transcript_free(tr);
    buf_finish(&s.chat);
    buf_finish(&s.text[0]);
    buf_finish(&s.text[1]);
    ask_filter_free(&s.filter);
    free(real);
    return s.status;
}
