/*
 * A selection and a reply: fields ended by NUL, behind a byte that chooses the
 * kind of file. However the reply is cut, the end is the same, and what was
 * shown before stays (but for thoughts without a beginning).
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "deepchat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct dc_str
field(struct dc_str *rest)
{
    struct dc_str s = {rest->ptr, str_find(*rest, '\0')};
    size_t used = s.len < rest->len ? s.len + 1 : s.len;
    rest->ptr += used;
    rest->len -= used;
    return s;
}

static struct dc_selection
selection(uint8_t kind, struct dc_str *rest)
{
    static const char *const types[] = {"python", "c", "markdown", "text"};
    static const char *const orders[] = {"better", "indent", "blank", "fence"};
    struct dc_selection sel = {0};
    sel.filetype = str_of(types[kind & 3]);
    sel.instruction = str_of(orders[kind >> 2 & 3]);
    sel.indent = (kind >> 4 & 1) * 4u;
    sel.text = field(rest);
    sel.before = field(rest);
    sel.after = field(rest);
    sel.head = field(rest);
    sel.tail = field(rest);
    return sel;
}

static void
check_end(const struct dc_selection *sel, const struct dc_rewrite *rw)
{
    struct dc_str text = dc_rewrite_text(rw);
    struct dc_rewrite_report r = dc_rewrite_report(rw);
    assert(r.outcome != DC_REWRITE_OPEN);
    assert((r.outcome == DC_REWRITE_REFUSED) == (r.said.len > 0));
    bool same =
        text.len == sel->text.len &&
        (text.len == 0 || memcmp(text.ptr, sel->text.ptr, text.len) == 0);
    assert(same == (r.outcome != DC_REWRITE_TEXT));
    bool lines = sel->text.len > 0 && sel->text.ptr[sel->text.len - 1] == '\n';
    assert(!lines || text.len == 0 || text.ptr[text.len - 1] == '\n');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct dc_str reply = {(const char *)data + 1, size - 1};
    struct dc_selection sel = selection(data[0], &reply);
    struct dc_rewrite *whole = dc_rewrite_new(&sel);
    struct dc_rewrite *cut = dc_rewrite_new(&sel);
    assert(dc_rewrite_add(whole, reply, true));
    check_end(&sel, whole);
    struct dc_str end = dc_rewrite_text(whole);
    bool text = dc_rewrite_report(whole).outcome == DC_REWRITE_TEXT;
    bool stray = dc_rewrite_report(whole).think;
    for (size_t at = 0; at < reply.len;) {
        size_t n = 1 + (data[at % size] & 15);
        n = n < reply.len - at ? n : reply.len - at;
        assert(dc_rewrite_add(cut, (struct dc_str){reply.ptr + at, n}, false));
        struct dc_str got = dc_rewrite_text(cut);
        assert(!text || stray || got.len == 0 ||
               (got.len <= end.len && memcmp(got.ptr, end.ptr, got.len) == 0));
        at += n;
    }
    assert(dc_rewrite_add(cut, (struct dc_str){NULL, 0}, true));
    struct dc_str got = dc_rewrite_text(cut);
    assert(got.len == end.len &&
           (got.len == 0 || memcmp(got.ptr, end.ptr, got.len) == 0));
    assert(dc_rewrite_report(cut).outcome == dc_rewrite_report(whole).outcome);
    char *ask = dc_rewrite_ask(&sel, size / 2, NULL);
    dc_free(ask);
    dc_rewrite_free(whole);
    dc_rewrite_free(cut);
    return 0;
}
