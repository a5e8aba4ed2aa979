/*
 * Lists of models, and what is told of one, as a server may send them. Names
 * are fit for a buffer, each is there once, and numbers are known or not.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "host/catalog_read.h"
#include "host/model_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
    if (!holds)
        abort();
}

static void
expect_number(double d)
{
    expect((d >= 0 && isfinite(d)) || d == -1);
}

static void
expect_text(const char *text)
{
    expect(utf8_clean(str_of(text)));
    for (const char *p = text; *p != '\0'; p++)
        expect((unsigned char)*p >= 0x20 && *p != 0x7f);
}

static void
expect_info(const struct model_info *info)
{
    struct buf line;
    buf_init(&line, 4096);
    model_line(&line, info);
    expect(!line.full);
    if (line.len > 0)
        expect_text(line.ptr);
    buf_finish(&line);
    expect_number(info->context);
    expect_number(info->max_output);
    expect_number(info->price_in);
    expect_number(info->price_out);
    expect_number(info->price_cached);
    expect(info->chat >= -1 && info->chat <= 1);
    expect(info->vision >= -1 && info->vision <= 1);
    expect(info->tools >= -1 && info->tools <= 1);
    expect(info->reasoning >= -1 && info->reasoning <= 1);
}

static void
expect_near(const struct model_list *list, const char *name)
{
    char line[1024];
    if (model_near_line(list->items, list->count, name, line, sizeof line))
        expect_text(line);
}

/* From about its middle on, between two characters. */
static const char *
second_half(const char *name)
{
    struct dc_str s = str_of(name);
    return name + utf8_fit(s, s.len / 2);
}

static void
read_list(struct dc_str body)
{
    struct model_list list;
    bool ok = catalog_read_list(&list, body);
    expect(ok || list.count == 0);
    for (size_t i = 0; i < list.count; i++) {
        const struct model_info *info = &list.items[i];
        expect(i == 0 || strcmp(list.items[i - 1].name, info->name) < 0);
        expect(model_name_ok(str_of(info->name)));
        expect(strlen(info->tags) <= MODEL_TAGS_MAX);
        expect(model_list_get(&list, info->name) == info);
        expect_text(info->name);
        expect_text(info->tags);
        expect_info(info);
    }
    if (list.count > 0)
        expect_near(&list, second_half(list.items[list.count / 2].name));
    model_list_merge(&list, &list);
    model_list_finish(&list);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model_info info;
    struct dc_str body = {(const char *)data, size};
    read_list(body);
    catalog_read_props(&info, body);
    expect_info(&info);
    catalog_read_show(&info, body);
    expect_info(&info);
    return 0;
}
