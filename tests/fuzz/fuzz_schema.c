/*
 * A schema and a text, with a NUL between. What is said is fit to be shown, and
 * the layout of the text, which is a text with the same meaning, changes
 * nothing of it.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "deepchat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_words(struct dc_str s)
{
    assert(utf8_clean(s) && s.len <= 1024);
    for (size_t i = 0; i < s.len; i++)
        assert((unsigned char)s.ptr[i] >= ' ' && s.ptr[i] != 0x7f);
}

static void
check_report(const struct dc_schema_report *report, struct dc_str text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    assert(report->count <= DC_VIOLATIONS_MAX);
    assert(!report->more || report->count == DC_VIOLATIONS_MAX);
    for (size_t i = 0; i < report->count; i++) {
        const struct dc_violation *v = &report->items[i];
        check_words(v->pointer);
        check_words(v->text);
        assert(v->text.len > 0 && v->line >= 1 && v->line <= lines);
        assert(v->pointer.len == 0 || v->pointer.ptr[0] == '/');
    }
}

static bool
same(struct dc_str a, struct dc_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void
check_layout(struct dc_str schema, struct dc_str text,
             const struct dc_schema_report *report)
{
    size_t len, again_len;
    char *pretty = dc_json_pretty(text, DC_REPLY_MAX, &len, NULL);
    if (pretty == NULL)
        return;
    struct dc_str laid = {pretty, len};
    char *again = dc_json_pretty(laid, len, &again_len, NULL);
    assert(again != NULL && same(laid, (struct dc_str){again, again_len}));
    struct dc_schema_report *other = dc_schema_check(schema, laid, NULL);
    assert((other == NULL) == (report == NULL) || len > DC_JSON_MAX);
    if (other != NULL && report != NULL) {
        assert(other->count == report->count);
        for (size_t i = 0; i < other->count; i++)
            assert(same(other->items[i].pointer, report->items[i].pointer));
    }
    dc_schema_report_free(other);
    dc_free(again);
    dc_free(pretty);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dc_str all = {(const char *)data, size};
    struct dc_str schema = {all.ptr, str_find(all, '\0')};
    size_t used = schema.len < size ? schema.len + 1 : size;
    struct dc_str text = {all.ptr + used, size - used};
    struct dc_error err = {0};
    struct dc_schema_report *report = dc_schema_check(schema, text, &err);
    assert((report == NULL) == (err.code != DC_OK));
    if (report != NULL)
        check_report(report, text);
    check_layout(schema, text, report);
    dc_schema_report_free(report);
    return 0;
}
