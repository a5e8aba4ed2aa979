/* Gathering what a chat takes along, see context.h. */
#include "host/context.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "host/allow.h"
#include "host/child.h"
#include "host/source.h"

enum { DIFF_MS = 30000 };

struct gather {
    struct contexts *all;
    struct value *args;
    struct child *child; /* git runs */
    bool stopped;
    size_t item;
    struct buf text; /* of this item */
    size_t sent;     /* of it */
    size_t total;    /* of those before */
    struct gather *next;
};

struct contexts {
    struct host *host;
    struct gather *first;
};

static void read_item(struct gather *g);
static void send_piece(struct gather *g);

/* ---- their life ---- */

struct contexts *
contexts_new(struct host *host)
{
    struct contexts *all = mem_alloc(sizeof *all);
    all->host = host;
    return all;
}

static void
destroy(struct gather *g)
{
    if (g->child != NULL)
        child_drop(g->child);
    buf_finish(&g->text);
    value_free(g->args);
    free(g);
}

void
contexts_free(struct contexts *all)
{
    if (all == NULL)
        return;
    while (all->first != NULL) {
        struct gather *g = all->first;
        all->first = g->next;
        destroy(g);
    }
    free(all);
}

static void
let_go(struct gather *g)
{
    struct gather **at = &g->all->first;
    while (*at != g)
        at = &(*at)->next;
    *at = g->next;
    destroy(g);
}

/* True if nobody wants it any more; it is gone then. */
static bool
is_over(struct gather *g)
{
    if (!g->stopped && g->all->host->editor != NULL)
        return false;
    let_go(g);
    return true;
}

void
contexts_stop(struct contexts *all, int64_t id)
{
    for (struct gather *g = all->first; g != NULL; g = g->next) {
        if (id != 0 && value_as_int(value_get(g->args, "id"), 0) != id)
            continue;
        g->stopped = true;
        if (g->child != NULL)
            child_cancel(g->child);
    }
}

/* ---- what the editor is told ---- */

static struct value *
about(const struct gather *g)
{
    struct value *args = value_list();
    value_add(args, value_copy(value_get(g->args, "id")));
    return args;
}

static void
end(struct gather *g, const char *line)
{
    struct value *args = about(g);
    value_add(args, value_text(line));
    editor_call(g->all->host->editor, "deepchat#context#gathered", args, NULL,
                NULL);
    let_go(g);
}

static void
on_piece(void *user, const struct value *result, const char *error)
{
    struct gather *g = user;
    (void)result;
    if (is_over(g))
        return;
    if (error != NULL) {
        end(g, "the editor did not take a text; nothing was sent");
    } else if (g->sent < g->text.len) {
        send_piece(g);
    } else {
        g->item++;
        read_item(g);
    }
}

static void
send_piece(struct gather *g)
{
    struct editor *editor = g->all->host->editor;
    struct value *args = about(g);
    struct dc_str rest = str_from(buf_str(&g->text), g->sent);
    rest.len = utf8_fit(rest, editor_text_max(editor));
    g->sent += rest.len;
    value_add(args, value_int((int64_t)g->item));
    value_add(args, value_str(rest));
    editor_call(editor, "deepchat#context#piece", args, on_piece, g);
}

static void
take(struct gather *g)
{
    g->total += g->text.len;
    if (g->total > SOURCES_MAX)
        end(g, "what goes along is over 4 MiB; nothing was sent");
    else
        send_piece(g);
}

/* ---- git ---- */

/* Why the diff cannot be had, or NULL. */
static const char *
diff_trouble(const struct child_result *result, struct dc_error *err)
{
    struct dc_str said = str_trim(result->err);
    if (!result->started)
        return "git cannot be run; nothing was sent";
    if (result->timed_out)
        return "git diff took over 30 s; nothing was sent";
    if (result->too_much)
        return "git diff HEAD is over 1 MiB; nothing was sent";
    if (result->status == 0)
        return str_trim(result->out).len > 0
                   ? NULL
                   : "git diff HEAD is empty; nothing was sent";
    if (str_starts(said, "fatal: "))
        said = str_from(said, strlen("fatal: "));
    said.len = str_find(said, '\n');
    fail(err, DC_E_SYSTEM, "nothing was sent; git: %.*s",
         (int)utf8_fit(said, 200), said.ptr);
    return err->text;
}

static void
on_diff(void *user, const struct child_result *result)
{
    struct gather *g = user;
    struct dc_error err;
    g->child = NULL;
    if (is_over(g))
        return;
    const char *trouble = diff_trouble(result, &err);
    if (trouble != NULL) {
        end(g, trouble);
        return;
    }
    struct dc_str out = result->out;
    while (out.len > 0 && out.ptr[out.len - 1] == '\n')
        out.len--;
    utf8_add_clean(&g->text, out, true);
    take(g);
}

/* What the repository sets up to be run is not run, but for its filters:
 * without them the files could not be compared. */
static void
start_diff(struct gather *g)
{
    char *project = mem_str(value_as_text(value_get(g->args, "project"), "."));
    char command[][32] = {"git",
                          "-C",
                          "",
                          "--no-pager",
                          "-c",
                          "core.fsmonitor=false",
                          "-c",
                          "core.hooksPath=/dev/null",
                          "diff",
                          "--no-color",
                          "--no-ext-diff",
                          "--no-textconv",
                          "HEAD"};
    enum { COUNT = sizeof command / sizeof *command };
    char *argv[COUNT + 1] = {NULL};
    for (size_t i = 0; i < COUNT; i++)
        argv[i] = command[i];
    argv[2] = project;
    g->child = child_start(g->all->host->lp,
                           &(struct child_options){.argv = argv,
                                                   .out_max = SOURCE_MAX,
                                                   .timeout_ms = DIFF_MS},
                           on_diff, g);
    free(project);
}

/* ---- files ---- */

static bool
read_file(struct gather *g, const struct value *item, struct dc_error *err)
{
    char *real;
    const char *path = value_as_text(value_get(item, "path"), "");
    struct source_lines lines = {
        .first = (long)value_as_int(value_get(item, "first"), 0),
        .last = (long)value_as_int(value_get(item, "last"), 0)};
    if (!allow_path(g->args, path, &real, err))
        return false;
    bool ok = source_read(real, path, lines, &g->text, err);
    free(real);
    return ok;
}

static void
read_item(struct gather *g)
{
    struct dc_error err;
    const struct value *item = value_at(value_get(g->args, "items"), g->item);
    buf_reset(&g->text);
    g->sent = 0;
    if (item == NULL)
        end(g, "");
    else if (value_as_bool(value_get(item, "diff"), false))
        start_diff(g);
    else if (read_file(g, item, &err))
        take(g);
    else
        end(g, err.text);
}

void
contexts_gather(struct contexts *all, const struct value *args)
{
    struct gather *g = mem_alloc(sizeof *g);
    g->all = all;
    g->args = value_copy(args);
    buf_init(&g->text, 4 * SOURCE_MAX);
    g->next = all->first;
    all->first = g;
    read_item(g);
}
