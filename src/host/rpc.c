/*
 * msgpack-RPC. A message goes to msgpack-c only when mpscan has found it whole
 * and small enough. Outgoing messages are packed straight into the caller's
 * buffer, which is cut back if one turns out too big or too deep.
 */
#include "host/rpc.h"

#include <stdlib.h>
#include <string.h>

#include <msgpack.h>

#include "base/error.h"
#include "base/mem.h"
#include "host/mpscan.h"

/* A buffer that grew for one big message is given back when it is empty. */
#define KEEP_MAX ((size_t)1 << 20)

/* Neovim writes a handle as an ext object holding a msgpack integer. */
enum { EXT_BUFFER = 0, EXT_TABPAGE = 2 };

struct rpc {
    size_t limit;

    struct buf in; /* bytes fed, used up to start */
    size_t start;  /* of the message being scanned */
    struct mpscan scan;

    struct dc_error failure; /* code not DC_OK: the channel is lost */
};

struct rpc *
rpc_new(size_t limit)
{
    struct rpc *rpc = mem_alloc(sizeof *rpc);
    rpc->limit = limit;
    /* less than one message that is waiting for its end, and one feed */
    buf_init(&rpc->in, 2 * limit);
    mpscan_init(&rpc->scan, limit);
    return rpc;
}

void
rpc_free(struct rpc *rpc)
{
    if (rpc == NULL)
        return;
    buf_finish(&rpc->in);
    free(rpc);
}

static void
drop_used(struct rpc *rpc)
{
    buf_drop(&rpc->in, rpc->start);
    rpc->start = 0;
    if (rpc->in.len == 0 && rpc->in.cap > KEEP_MAX) {
        buf_finish(&rpc->in);
        buf_init(&rpc->in, 2 * rpc->limit);
    }
}

bool
rpc_feed(struct rpc *rpc, struct dc_str bytes, struct dc_error *err)
{
    if (rpc->failure.code == DC_OK) {
        drop_used(rpc);
        if (buf_add_str(&rpc->in, bytes))
            return true;
        fail(&rpc->failure, DC_E_TOO_BIG, "editor sent over %zu bytes unread",
             rpc->in.limit);
    }
    if (err != NULL)
        *err = rpc->failure;
    return false;
}

/* ---- msgpack objects -> values ------------------------------------------ */

static struct value *to_value(const msgpack_object *o);

static struct value *
to_list(const msgpack_object_array *a)
{
    struct value *list = value_list();
    for (uint32_t i = 0; i < a->size; i++)
        value_add(list, to_value(&a->ptr[i]));
    return list;
}

static bool
text_of(const msgpack_object *o, struct dc_str *out)
{
    if (o->type == MSGPACK_OBJECT_STR)
        *out = (struct dc_str){o->via.str.ptr, o->via.str.size};
    else if (o->type == MSGPACK_OBJECT_BIN)
        *out = (struct dc_str){o->via.bin.ptr, o->via.bin.size};
    else
        return false;
    return true;
}

/* A pair whose key is no string, or holds a NUL, cannot be asked for and is
 * left out. */
static struct value *
to_map(const msgpack_object_map *m)
{
    struct value *map = value_map();
    for (uint32_t i = 0; i < m->size; i++) {
        struct dc_str s;
        if (!text_of(&m->ptr[i].key, &s) || str_find(s, '\0') < s.len)
            continue;
        char *key = mem_copy(s.ptr, s.len);
        value_put(map, key, to_value(&m->ptr[i].val));
        free(key);
    }
    return map;
}

/* The scan did not look into ext objects, so only the first byte of a plain
 * integer lets msgpack-c do it. */
static bool
holds_integer(const msgpack_object_ext *ext)
{
    if (ext->type < EXT_BUFFER || ext->type > EXT_TABPAGE || ext->size == 0)
        return false;
    unsigned char first = (unsigned char)ext->ptr[0];
    return first <= 0x7f || first >= 0xe0 || (first >= 0xcc && first <= 0xd3);
}

static struct value *
to_handle(const msgpack_object_ext *ext)
{
    if (!holds_integer(ext))
        return value_nil();
    msgpack_unpacked inner;
    msgpack_unpacked_init(&inner);
    size_t used = 0;
    bool read = msgpack_unpack_next(&inner, ext->ptr, ext->size, &used) ==
                MSGPACK_UNPACK_SUCCESS;
    struct value *v = read ? to_value(&inner.data) : value_nil();
    msgpack_unpacked_destroy(&inner);
    return v;
}

static struct value *
to_integer(const msgpack_object *o)
{
    if (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 > INT64_MAX)
        return value_float((double)o->via.u64);
    return value_int(o->via.i64);
}

static struct value *
to_value(const msgpack_object *o)
{
    struct dc_str s;
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        return value_bool(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return to_integer(o);
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return value_float(o->via.f64);
    case MSGPACK_OBJECT_STR:
    case MSGPACK_OBJECT_BIN:
        text_of(o, &s);
        return value_str(s);
    case MSGPACK_OBJECT_ARRAY:
        return to_list(&o->via.array);
    case MSGPACK_OBJECT_MAP:
        return to_map(&o->via.map);
    case MSGPACK_OBJECT_EXT:
        return to_handle(&o->via.ext);
    case MSGPACK_OBJECT_NIL:
    default:
        return value_nil();
    }
}

/* ---- reading messages --------------------------------------------------- */

static bool
is_number(const msgpack_object *o, uint64_t max)
{
    return o->type == MSGPACK_OBJECT_POSITIVE_INTEGER && o->via.u64 <= max;
}

/* NULL, or what is wrong with the shape. */
static const char *
shape_fault(const msgpack_object *o)
{
    if (o->type != MSGPACK_OBJECT_ARRAY)
        return "no array";
    const msgpack_object *item = o->via.array.ptr;
    uint32_t size = o->via.array.size;
    if (size < 3 || size > 4)
        return "wrong length";
    if (!is_number(&item[0], RPC_NOTIFY))
        return "unknown type";
    if (size != (item[0].via.u64 == RPC_NOTIFY ? 3u : 4u))
        return "wrong length for its type";
    if (item[0].via.u64 != RPC_NOTIFY && !is_number(&item[1], UINT32_MAX))
        return "bad id";
    if (item[0].via.u64 == RPC_RESPONSE)
        return NULL;
    struct dc_str method;
    if (!text_of(&item[size - 2], &method))
        return "method is no string";
    return item[size - 1].type == MSGPACK_OBJECT_ARRAY ? NULL
                                                       : "no argument list";
}

/* The shape has been checked. */
static void
fill(struct rpc_message *out, const msgpack_object_array *a)
{
    const msgpack_object *last = &a->ptr[a->size - 1];
    *out = (struct rpc_message){.type = (enum rpc_type)a->ptr[0].via.u64};
    if (out->type != RPC_NOTIFY)
        out->id = (uint32_t)a->ptr[1].via.u64;
    if (out->type == RPC_RESPONSE) {
        out->error = to_value(last - 1);
        out->result = to_value(last);
    } else {
        out->method = to_value(last - 1);
        out->params = to_value(last);
    }
}

static bool
decode(struct dc_str bytes, struct rpc_message *out, struct dc_error *err)
{
    msgpack_unpacked whole;
    msgpack_unpacked_init(&whole);
    size_t used = 0;
    const char *fault = "not msgpack";
    if (msgpack_unpack_next(&whole, bytes.ptr, bytes.len, &used) ==
        MSGPACK_UNPACK_SUCCESS)
        fault = shape_fault(&whole.data);
    if (fault == NULL)
        fill(out, &whole.data.via.array);
    msgpack_unpacked_destroy(&whole);
    return fault == NULL || fail(err, DC_E_SYNTAX, "editor message: %s", fault);
}

enum dc_step
rpc_next(struct rpc *rpc, struct rpc_message *out, struct dc_error *err)
{
    enum dc_step step = DC_FAIL;
    if (rpc->failure.code == DC_OK) {
        struct dc_str rest = {rpc->in.ptr + rpc->start,
                              rpc->in.len - rpc->start};
        step = mpscan_next(&rpc->scan, rest, &rpc->failure);
        if (step == DC_ITEM) {
            rest.len = rpc->scan.pos;
            rpc->start += rest.len;
            mpscan_init(&rpc->scan, rpc->limit);
            if (!decode(rest, out, &rpc->failure))
                step = DC_FAIL;
        }
    }
    if (step == DC_FAIL && err != NULL)
        *err = rpc->failure;
    return step;
}

void
rpc_message_finish(struct rpc_message *m)
{
    value_free(m->method);
    value_free(m->params);
    value_free(m->error);
    value_free(m->result);
    *m = (struct rpc_message){0};
}

/* ---- writing messages --------------------------------------------------- */

/* One message on its way into out. */
struct packing {
    struct buf *out;
    size_t start;
    msgpack_packer to;
    bool failed;
};

static int
append(void *user, const char *bytes, size_t len)
{
    struct packing *p = user;
    if (p->failed || p->out->len - p->start + len > RPC_OUT_MAX ||
        !buf_add(p->out, bytes, len))
        p->failed = true;
    return p->failed ? -1 : 0;
}

static void
pack_str(struct packing *p, struct dc_str s)
{
    /* over the limit, so the length does not fit its field either */
    if (s.len > RPC_OUT_MAX) {
        p->failed = true;
        return;
    }
    msgpack_pack_str(&p->to, s.len);
    msgpack_pack_str_body(&p->to, s.ptr, s.len);
}

static void pack_value(struct packing *p, const struct value *v, int depth);

static void
pack_children(struct packing *p, const struct value *v, int depth)
{
    if (depth >= RPC_OUT_DEPTH || v->count > RPC_OUT_MAX) {
        p->failed = true;
        return;
    }
    if (v->kind == VALUE_MAP)
        msgpack_pack_map(&p->to, v->count);
    else
        msgpack_pack_array(&p->to, v->count);
    for (size_t i = 0; i < v->count && !p->failed; i++) {
        if (v->kind == VALUE_MAP)
            pack_str(p, str_of(v->keys[i]));
        pack_value(p, v->items[i], depth + 1);
    }
}

/* depth: of the containers around v. */
static void
pack_value(struct packing *p, const struct value *v, int depth)
{
    switch (v->kind) {
    case VALUE_BOOL:
        v->boolean ? msgpack_pack_true(&p->to) : msgpack_pack_false(&p->to);
        break;
    case VALUE_INT:
        msgpack_pack_int64(&p->to, v->integer);
        break;
    case VALUE_FLOAT:
        msgpack_pack_double(&p->to, v->number);
        break;
    case VALUE_STR:
        pack_str(p, v->str);
        break;
    case VALUE_LIST:
    case VALUE_MAP:
        pack_children(p, v, depth);
        break;
    case VALUE_NIL:
    default:
        msgpack_pack_nil(&p->to);
        break;
    }
}

static void
begin(struct packing *p, struct buf *out, enum rpc_type type, size_t size)
{
    *p = (struct packing){.out = out, .start = out->len};
    msgpack_packer_init(&p->to, p, append);
    msgpack_pack_array(&p->to, size);
    msgpack_pack_int(&p->to, (int)type);
}

static bool
end(struct packing *p)
{
    if (p->failed)
        buf_cut(p->out, p->start);
    return !p->failed;
}

static void
pack_call(struct packing *p, const char *method, const struct value *params)
{
    pack_str(p, str_of(method));
    if (params != NULL)
        pack_value(p, params, 1);
    else
        msgpack_pack_array(&p->to, 0);
}

bool
rpc_request(struct buf *out, uint32_t id, const char *method,
            const struct value *params)
{
    struct packing p;
    begin(&p, out, RPC_REQUEST, 4);
    msgpack_pack_uint32(&p.to, id);
    pack_call(&p, method, params);
    return end(&p);
}

bool
rpc_notify(struct buf *out, const char *method, const struct value *params)
{
    struct packing p;
    begin(&p, out, RPC_NOTIFY, 3);
    pack_call(&p, method, params);
    return end(&p);
}

bool
rpc_response(struct buf *out, uint32_t id, const char *error,
             const struct value *result)
{
    struct packing p;
    begin(&p, out, RPC_RESPONSE, 4);
    msgpack_pack_uint32(&p.to, id);
    if (error != NULL)
        pack_str(&p, str_of(error));
    else
        msgpack_pack_nil(&p.to);
    if (result != NULL)
        pack_value(&p, result, 1);
    else
        msgpack_pack_nil(&p.to);
    return end(&p);
}
