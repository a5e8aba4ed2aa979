/* Writing: the same bytes as msgpack-c's own packer, and nothing at all once a
 * limit is passed. */
#include <criterion/criterion.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/rpc.h"

static struct value *
sample(void)
{
    struct value *list = value_list();
    value_add(list, value_nil());
    value_add(list, value_bool(true));
    value_add(list, value_bool(false));
    value_add(list, value_int(-1));
    value_add(list, value_int(INT64_MAX));
    value_add(list, value_float(1.5));
    value_add(list, value_str((struct dc_str){"a\0b\xff", 4}));
    struct value *map = value_map();
    value_put(map, "k", value_list());
    value_add(list, map);
    return list;
}

static void
pack_text(msgpack_packer *to, const char *text)
{
    msgpack_pack_str(to, strlen(text));
    msgpack_pack_str_body(to, text, strlen(text));
}

static void
pack_sample(msgpack_packer *to)
{
    msgpack_pack_array(to, 8);
    msgpack_pack_nil(to);
    msgpack_pack_true(to);
    msgpack_pack_false(to);
    msgpack_pack_int64(to, -1);
    msgpack_pack_int64(to, INT64_MAX);
    msgpack_pack_double(to, 1.5);
    msgpack_pack_str(to, 4);
    msgpack_pack_str_body(to, "a\0b\xff", 4);
    msgpack_pack_map(to, 1);
    pack_text(to, "k");
    msgpack_pack_array(to, 0);
}

static void
same(const struct buf *got, msgpack_sbuffer *want, const char *what)
{
    cr_expect_eq(got->len, want->size, "%s", what);
    cr_expect_eq(memcmp(got->ptr, want->data, want->size), 0, "%s", what);
    msgpack_sbuffer_clear(want);
}

Test(rpc_out, bytes_are_those_of_msgpack_c)
{
    struct buf out;
    buf_init(&out, 10000);
    msgpack_sbuffer want;
    msgpack_sbuffer_init(&want);
    msgpack_packer to;
    msgpack_packer_init(&to, &want, msgpack_sbuffer_write);
    struct value *v = sample();

    cr_assert(rpc_request(&out, UINT32_MAX, "method", v));
    msgpack_pack_array(&to, 4);
    msgpack_pack_int(&to, 0);
    msgpack_pack_uint32(&to, UINT32_MAX);
    pack_text(&to, "method");
    pack_sample(&to);
    same(&out, &want, "request");

    buf_reset(&out);
    cr_assert(rpc_notify(&out, "method", NULL));
    msgpack_pack_array(&to, 3);
    msgpack_pack_int(&to, 2);
    pack_text(&to, "method");
    msgpack_pack_array(&to, 0);
    same(&out, &want, "notification");

    buf_reset(&out);
    cr_assert(rpc_response(&out, 1, NULL, v));
    cr_assert(rpc_response(&out, 2, "bad", NULL));
    msgpack_pack_array(&to, 4);
    msgpack_pack_int(&to, 1);
    msgpack_pack_int(&to, 1);
    msgpack_pack_nil(&to);
    pack_sample(&to);
    msgpack_pack_array(&to, 4);
    msgpack_pack_int(&to, 1);
    msgpack_pack_int(&to, 2);
    pack_text(&to, "bad");
    msgpack_pack_nil(&to);
    same(&out, &want, "responses");

    msgpack_sbuffer_destroy(&want);
    value_free(v);
    buf_finish(&out);
}

/* What we write, we read. */
Test(rpc_out, round_trip)
{
    struct buf out, again;
    buf_init(&out, 10000);
    buf_init(&again, 10000);
    struct value *v = sample();
    struct rpc *rpc = rpc_new(10000);
    struct rpc_message m;
    cr_assert(rpc_request(&out, 77, "method", v));
    cr_assert(rpc_feed(rpc, buf_str(&out), NULL));
    cr_assert_eq(rpc_next(rpc, &m, NULL), DC_ITEM);
    cr_assert(rpc_request(&again, m.id, m.method->str.ptr, m.params));
    cr_expect_eq(out.len, again.len);
    cr_expect_eq(memcmp(out.ptr, again.ptr, out.len), 0);
    rpc_message_finish(&m);
    rpc_message_finish(&m);
    rpc_free(rpc);
    value_free(v);
    buf_finish(&out);
    buf_finish(&again);
}

/* A list in a list and so on, levels of them. */
static struct value *
nested(int levels)
{
    struct value *v = value_list();
    for (int i = 1; i < levels; i++) {
        struct value *outer = value_list();
        value_add(outer, v);
        v = outer;
    }
    return v;
}

/* The message itself is the first level. */
Test(rpc_out, depth_at_the_limit_and_past_it)
{
    struct buf out;
    buf_init(&out, 10000);
    buf_add_text(&out, "before");
    struct value *fits = nested(RPC_OUT_DEPTH - 1);
    struct value *deep = nested(RPC_OUT_DEPTH);
    cr_expect_not(rpc_request(&out, 1, "m", deep));
    cr_expect_not(rpc_notify(&out, "m", deep));
    cr_expect_not(rpc_response(&out, 1, NULL, deep));
    cr_expect_str_eq(out.ptr, "before");
    cr_expect(rpc_request(&out, 1, "m", fits));
    cr_expect(rpc_notify(&out, "m", fits));
    cr_expect(rpc_response(&out, 1, NULL, fits));
    value_free(fits);
    value_free(deep);
    buf_finish(&out);
}

Test(rpc_out, size_at_the_limit_and_past_it)
{
    /* array, type, fixstr "m", array, str32 head */
    const size_t frame = 1 + 1 + 2 + 1 + 5;
    struct buf out;
    buf_init(&out, 2 * RPC_OUT_MAX + 100);
    buf_add_text(&out, "before");
    char *text = mem_alloc(RPC_OUT_MAX + 2);
    for (size_t over = 0; over < 2; over++) {
        struct value *list = value_list();
        size_t len = RPC_OUT_MAX - frame + over;
        value_add(list, value_str((struct dc_str){text, len}));
        cr_expect_eq(rpc_notify(&out, "m", list), over == 0);
        value_free(list);
    }
    cr_expect_eq(out.len, strlen("before") + RPC_OUT_MAX);
    struct value *list = value_list();
    value_add(list, value_str((struct dc_str){text, RPC_OUT_MAX + 1}));
    cr_expect_not(rpc_notify(&out, "m", list));
    cr_expect_eq(out.len, strlen("before") + RPC_OUT_MAX);
    value_free(list);
    free(text);
    buf_finish(&out);
}

/* A buffer of the caller's that is full leaves no half message either. */
Test(rpc_out, full_buffer_is_left_as_it_was)
{
    for (size_t room = 0; room < 40; room++) {
        struct buf out;
        buf_init(&out, room);
        struct value *v = sample();
        bool done = rpc_request(&out, 1, "m", v);
        cr_expect_eq(done, out.len > 0, "room %zu", room);
        value_free(v);
        buf_finish(&out);
    }
}
