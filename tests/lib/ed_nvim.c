/* Neovim over msgpack-RPC with a UI attached, so that prompts and the screen
 * exist. Speaks through the host's own rpc module. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ed_kind.h"
#include "grid.h"
#include "host/rpc.h"

struct nvim {
    struct ed base;
    struct rpc *rpc;
    uint32_t last_id;
    struct grid grid;
};

static struct nvim *
nvim_of(struct ed *ed)
{
    return (struct nvim *)ed;
}

/* ---- the channel ---- */

/* Read once, waiting at most ms. False at the end of the channel. */
static bool
fill(struct nvim *nv, int ms)
{
    struct pollfd p = {nv->base.proc.out, POLLIN, 0};
    if (poll(&p, 1, ms) <= 0)
        return true;
    char bytes[65536];
    ssize_t n = read(p.fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0)
        nv->base.gone = true;
    else
        rpc_feed(nv->rpc, (struct dc_str){bytes, (size_t)n}, NULL);
    return n > 0;
}

static void
notified(struct nvim *nv, const char *name, const struct value *params)
{
    if (strcmp(name, "redraw") == 0)
        grid_redraw(&nv->grid, params);
    if (nv->base.on_event != NULL)
        nv->base.on_event(nv->base.event_user, name, params);
}

/* Handle what is there; true if the answer with this id was, moved to out. */
static bool
take(struct nvim *nv, uint32_t id, struct rpc_message *out)
{
    struct rpc_message m;
    while (rpc_next(nv->rpc, &m, NULL) == DC_ITEM) {
        if (m.type == RPC_RESPONSE && m.id == id) {
            *out = m;
            return true;
        }
        if (m.type == RPC_NOTIFY)
            notified(nv, value_as_text(m.method, ""), m.params);
        rpc_message_finish(&m);
    }
    return false;
}

static uint32_t
request(struct nvim *nv, const char *method, struct value *args)
{
    struct buf out;
    buf_init(&out, RPC_OUT_MAX);
    if (!rpc_request(&out, ++nv->last_id, method, args))
        ed_die(method, "cannot be packed");
    value_free(args);
    proc_write(nv->base.proc.in, out.ptr, out.len);
    buf_finish(&out);
    return nv->last_id;
}

/* The result; owned. args is taken. Errors of the editor end the test. */
static struct value *
call(struct nvim *nv, const char *method, struct value *args)
{
    uint32_t id = request(nv, method, args);
    struct rpc_message m;
    long long end = now_ms() + ED_CALL_MS;
    while (!take(nv, id, &m)) {
        if (now_ms() > end || !fill(nv, 20))
            ed_die(method, "no answer");
    }
    if (!value_is(m.error, VALUE_NIL))
        ed_die(method, value_as_text(value_at(m.error, 1), "error"));
    struct value *result = value_copy(m.result);
    rpc_message_finish(&m);
    return result;
}

static struct value *
args_of(const char *text)
{
    struct value *args = value_list();
    value_add(args, value_text(text));
    return args;
}

/* ---- life ---- */

static void
attach_ui(struct nvim *nv)
{
    struct value *args = value_list();
    value_add(args, value_int(ED_COLUMNS));
    value_add(args, value_int(ED_LINES));
    value_add(args, value_map());
    value_put(args->items[2], "ext_linegrid", value_bool(true));
    value_put(args->items[2], "rgb", value_bool(true));
    value_free(call(nv, "nvim_ui_attach", args));
}

static void
launch(struct ed *ed, const char *setup, bool ui)
{
    struct nvim *nv = nvim_of(ed);
    const char *program = getenv("NVIM_BIN");
    const char *argv[] = {program != NULL ? program : "nvim",
                          "--clean",
                          "-n",
                          "-i",
                          "NONE",
                          "--cmd",
                          "set shortmess+=I noshowcmd noruler laststatus=0",
                          "--cmd",
                          setup,
                          "--embed",
                          ui ? NULL : "--headless",
                          NULL};
    proc_start(&ed->proc, argv, PROC_IN | PROC_OUT);
    fcntl(ed->proc.out, F_SETFL, O_NONBLOCK);
    nv->rpc = rpc_new(RPC_IN_MAX);
    grid_init(&nv->grid, ED_LINES, ED_COLUMNS);
    if (ui)
        attach_ui(nv);
}

static void
quit(struct ed *ed)
{
    request(nvim_of(ed), "nvim_command", args_of("qa!"));
}

static void
finish(struct ed *ed)
{
    rpc_free(nvim_of(ed)->rpc);
}

/* ---- doing and asking ---- */

static void
ex(struct ed *ed, const char *command)
{
    value_free(call(nvim_of(ed), "nvim_command", args_of(command)));
}

static void
keys(struct ed *ed, const char *text)
{
    value_free(call(nvim_of(ed), "nvim_input", args_of(text)));
}

static struct value *
eval(struct ed *ed, const char *expression)
{
    return call(nvim_of(ed), "nvim_eval", args_of(expression));
}

static bool
blocked(struct ed *ed)
{
    struct value *mode = call(nvim_of(ed), "nvim_get_mode", value_list());
    bool yes = value_as_bool(value_get(mode, "blocking"), false);
    value_free(mode);
    return yes;
}

static void
turn(struct ed *ed, int ms)
{
    struct rpc_message m;
    fill(nvim_of(ed), ms);
    if (take(nvim_of(ed), UINT32_MAX, &m))
        rpc_message_finish(&m);
}

/* Lua is the only way to all virtual lines in Neovim 0.7. */
static char *
virtual_text(struct ed *ed, bool below)
{
    return ed_eval(
        ed,
        "join(map(filter(nvim_buf_get_extmarks(0, nvim_create_namespace("
        "'deepchat_look'), 0, -1, {'details': v:true}), '%s'),"
        " '(v:val[1] + 1) . \": \" . v:val[3].%s[0][0]'), '|')",
        below ? "has_key(v:val[3], \"virt_lines\")"
              : "get(v:val[3], \"virt_text_pos\", \"\") ==# \"eol\"",
        below ? "virt_lines[0]" : "virt_text");
}

static char *
screen(struct ed *ed)
{
    return grid_text(&nvim_of(ed)->grid);
}

static size_t
redraws(struct ed *ed)
{
    return nvim_of(ed)->grid.flushes;
}

const struct ed_kind ed_nvim = {
    .size = sizeof(struct nvim),
    .launch = launch,
    .ex = ex,
    .keys = keys,
    .eval = eval,
    .blocked = blocked,
    .turn = turn,
    .virtual_text = virtual_text,
    .screen = screen,
    .redraws = redraws,
    .quit = quit,
    .finish = finish,
};
