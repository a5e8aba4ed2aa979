/* Pictures: which lines are some, what is sent for them, what bytes they are.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/image.h"
#include "deepchat.h"
#include "lib/image_lines.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define BYTES(text)                                                            \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

Test(image, lines, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(image_lines); i++) {
        struct dc_str got = image_target(str_of(image_lines[i].line));
        cr_expect(str_is(got, image_lines[i].target), "%s: <%.*s>",
                  image_lines[i].line, (int)got.len, got.ptr);
    }
}

/* Chats, and for each message its text with "<target>" for a picture. */
static const struct {
    const char *name, *chat, *messages;
} chats[] = {
    {"one", "%% user\n\nwhat?\n\n![](a.png)\n", "u:what?\n\n<a.png>;"},
    {"several, in order", "![](a.png)\nb\n![](c.png)\n![](d.png)\ne\n",
     "u:<a.png>\nb\n<c.png>\n<d.png>\ne;"},
    {"alone", "%% user\n\n![](a.png)\n", "u:<a.png>;"},
    {"in every turn of the user",
     "%% user\n\n![](a.png)\n\n%% assistant\n\n![](b.png)\n\n%% user\n\n"
     "![](c.png)\n",
     "u:<a.png>;a:![](b.png);u:<c.png>;"},
    {"in two turns that are one message",
     "%% user\n\nx\n\n![](a.png)\n\n%% note\n\n%% user\n\n![](c.png)\n\ny\n",
     "u:x\n\n<a.png>\n\n<c.png>\n\ny;"},
    {"in no other turn",
     "%% system\n\n![](s.png)\n\n%% context from=x\n\n![](c.png)\n\n"
     "%% reasoning\n\n![](r.png)\n\n%% alternate\n\n![](t.png)\n\n"
     "%% user\n\n![](u.png)\n",
     "s:![](s.png);u:![](c.png)\n\n<u.png>;"},
    {"a fence in a context is closed with it",
     "%% context\n\n```\nx\n\n%% user\n\n![](u.png)\n", "u:```\nx\n\n<u.png>;"},
    {"in fences",
     "```\n![](a.png)\n```\n![](b.png)\n~~~~ md\n![](c.png)\n~~~\n```\n"
     "![](d.png)\n~~~~\n![](e.png)\n",
     "u:```\n![](a.png)\n```\n<b.png>\n~~~~ md\n![](c.png)\n~~~\n```\n"
     "![](d.png)\n~~~~\n<e.png>;"},
    {"in a fence of a list", "- x\n  ```\n  ![](a.png)\n  ```\n![](b.png)\n",
     "u:- x\n  ```\n  ![](a.png)\n  ```\n<b.png>;"},
    {"in a fence that is open to the end", "```\n![](a.png)\n",
     "u:```\n![](a.png);"},
    {"a code span is no fence", "```x```\n![](a.png)\n", "u:```x```\n<a.png>;"},
    {"CRLF", "%% user\r\n\r\nx\r\n![](a.png)\r\ny\r\n", "u:x\n<a.png>\ny;"},
    {"CR in an LF file", "%% user\n\nx\n![](a.png)\r\ny\n", "u:x\n<a.png>\ny;"},
    {"none", "%% user\n\n!\n", "u:!;"},
};

static void
show(struct buf *out, const struct dc_message *m)
{
    size_t from = 0;
    buf_addf(out, "%c:", dc_role_name(m->role)[0]);
    for (size_t i = 0; i < m->image_count; i++) {
        const struct dc_image *image = &m->images[i];
        cr_assert(image->type.len == 0 && image->bytes.len == 0);
        buf_add(out, m->text.ptr + from, image->at - from);
        buf_add_byte(out, '<');
        buf_add_str(out, image->target);
        buf_add_byte(out, '>');
        from = image->at + image->len;
    }
    buf_add(out, m->text.ptr + from, m->text.len - from);
    buf_add_byte(out, ';');
}

Test(image, chats, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(chats); i++) {
        struct dc_transcript *tr;
        struct dc_error err;
        size_t count;
        cr_assert(dc_transcript_parse(&tr, str_of(chats[i].chat), &err));
        /* the second time nothing of the first is left */
        dc_transcript_messages(tr, SIZE_MAX, &count);
        const struct dc_message *m =
            dc_transcript_messages(tr, SIZE_MAX, &count);
        struct buf got;
        buf_init(&got, 4096);
        for (size_t k = 0; k < count; k++)
            show(&got, &m[k]);
        cr_expect_str_eq(got.ptr, chats[i].messages, "%s:\n%s", chats[i].name,
                         got.ptr);
        buf_finish(&got);
        dc_transcript_free(tr);
    }
}

/* More of them than fit where they are first put. */
Test(image, many, .timeout = 10)
{
    struct buf chat;
    struct dc_transcript *tr;
    size_t count;
    buf_init(&chat, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_addf(&chat, "%%%% user\n\n![](%d.png)\n\n%%%% assistant\n\ny\n\n",
                 i);
    cr_assert(dc_transcript_parse(&tr, buf_str(&chat), NULL));
    const struct dc_message *m = dc_transcript_messages(tr, SIZE_MAX, &count);
    cr_assert_eq(count, 2000);
    for (size_t i = 0; i < count; i++) {
        char want[32];
        snprintf(want, sizeof want, "%zu.png", i / 2);
        cr_assert_eq(m[i].image_count, i % 2 == 0);
        cr_assert(i % 2 != 0 || str_is(m[i].images[0].target, want));
    }
    dc_transcript_free(tr);
    buf_finish(&chat);
}

/* RFC 4648, section 10, and the two last digits. */
Test(image, base64, .timeout = 10)
{
    static const struct {
        struct dc_str bytes;
        const char *text;
    } cases[] = {
        {BYTES(""), ""},
        {BYTES("f"), "Zg=="},
        {BYTES("fo"), "Zm8="},
        {BYTES("foo"), "Zm9v"},
        {BYTES("foob"), "Zm9vYg=="},
        {BYTES("fooba"), "Zm9vYmE="},
        {BYTES("foobar"), "Zm9vYmFy"},
        {BYTES("\xff\xef\xbe\0\0\x01"), "/+++AAAB"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, 64);
        buf_add_byte(&out, '"');
        image_add_base64(&out, cases[i].bytes);
        buf_add_byte(&out, '"');
        cr_expect_eq(out.len, strlen(cases[i].text) + 2);
        cr_expect_arr_eq(out.ptr + 1, cases[i].text, out.len - 2);
        buf_finish(&out);
    }
}

Test(image, base64_has_a_ceiling, .timeout = 10)
{
    for (size_t limit = 7; limit <= 8; limit++) {
        struct buf out;
        buf_init(&out, limit);
        image_add_base64(&out, str_of("fooba"));
        cr_expect_eq(out.full, limit == 7);
        cr_expect_eq(out.len, limit == 7 ? 0u : 8u);
        buf_finish(&out);
    }
}

Test(image, types, .timeout = 10)
{
    static const struct {
        struct dc_str bytes;
        const char *type; /* NULL: none */
    } cases[] = {
        {BYTES("\x89PNG\r\n\x1a\n"), "image/png"},
        {BYTES("\x89PNG\r\n\x1a"), NULL},
        {BYTES("\x89PNG\n\x1a\n\n"), NULL},
        {BYTES("\xff\xd8\xff\xe0"), "image/jpeg"},
        {BYTES("\xff\xd8\xff"), "image/jpeg"},
        {BYTES("\xff\xd8"), NULL},
        {BYTES("GIF87a"), "image/gif"},
        {BYTES("GIF89a;"), "image/gif"},
        {BYTES("GIF88a"), NULL},
        {BYTES("GIF89"), NULL},
        {BYTES("RIFF\0\0\0\0WEBP"), "image/webp"},
        {BYTES("RIFF\0\0\0\0WEB"), NULL},
        {BYTES("RIFF\0\0\0\0WAVE"), NULL},
        {BYTES("RIFX\0\0\0\0WEBP"), NULL},
        {BYTES("just words"), NULL},
        {BYTES("<svg xmlns=\"\"/>"), NULL},
        {BYTES(""), NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *got = dc_image_type(cases[i].bytes);
        const char *want = cases[i].type;
        cr_expect(got == want || (got && want && strcmp(got, want) == 0),
                  "%zu: %s", i, got != NULL ? got : "none");
    }
}

static const struct dc_str png = BYTES("\x89PNG\r\n\x1a\n");

/* What the messages of a chat are printed as, with the nth picture read if
 * loaded has a "1" there. */
static const struct {
    const char *name, *chat, *loaded, *messages;
} bodies[] = {
    {"text in front", "what?\n\n![](a.png)\n", "1",
     "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"what?\"},"
     "{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]}"},
    {"text behind", "![](a.png)\n\n  indented \"q\"\n\nmore\n", "1",
     "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}},"
     "{\"type\":\"text\",\"text\":\"  indented \\\"q\\\"\\n\\nmore\"}]}"},
    {"addresses stay as they are", "![](https://a/b.png?x=\"y\")\n![](b.png)\n",
     "01",
     "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"https://a/b.png?x=\\\"y\\\"\"}},"
     "{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]}"},
    {"other messages stay as they were",
     "%% system\n\ns\n\n%% user\n\nhi\n\n%% assistant\n\nho\n\n%% user\n\n"
     "![](a.png)\n",
     "1",
     "{\"role\":\"system\",\"content\":\"s\"},"
     "{\"role\":\"user\",\"content\":\"hi\"},"
     "{\"role\":\"assistant\",\"content\":\"ho\"},"
     "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":"
     "{\"url\":\"data:image/png;base64,iVBORw0KGgo=\"}}]}"},
};

static char *
body_of(const char *chat, const char *loaded)
{
    struct dc_transcript *tr;
    struct dc_image images[8];
    struct dc_message messages[8];
    struct dc_request req = {.messages = messages};
    cr_assert(dc_transcript_parse(&tr, str_of(chat), NULL));
    const struct dc_message *m =
        dc_transcript_messages(tr, SIZE_MAX, &req.message_count);
    for (size_t i = 0, next = 0; i < req.message_count; i++) {
        messages[i] = m[i];
        messages[i].images = images + next;
        for (size_t k = 0; k < m[i].image_count; k++, next++) {
            images[next] = m[i].images[k];
            if (loaded[next] == '1') {
                images[next].type = str_of("image/png");
                images[next].bytes = png;
            }
        }
    }
    char *body = dc_request_body(&req, NULL, NULL);
    dc_transcript_free(tr);
    return body;
}

Test(image, requests, .timeout = 10)
{
    for (size_t i = 0; i < COUNT(bodies); i++) {
        struct buf want;
        char *got = body_of(bodies[i].chat, bodies[i].loaded);
        buf_init(&want, 4096);
        buf_addf(&want, "{\"messages\":[%s],\"stream\":false}",
                 bodies[i].messages);
        cr_expect_str_eq(got, want.ptr, "%s:\n%s", bodies[i].name, got);
        buf_finish(&want);
        dc_free(got);
    }
}
