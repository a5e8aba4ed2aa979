/*
 * The words of a server's error body. It may be JSON in any of half a dozen
 * shapes, a web page, or anything else; what comes out is one line without
 * control characters, escape sequences or bidi controls.
 */
#include <stdio.h>
#include <string.h>

#include <cJSON.h>

#include "base/utf8.h"
#include "core/failure.h"

enum { TEXT_MAX = 512 };

bool
said_holds(struct dc_str text, const char *needle)
{
    size_t n = strlen(needle);
    for (size_t at = 0; at + n <= text.len; at++) {
        size_t i = 0;
        while (i < n && (text.ptr[at + i] | 0x20) == (needle[i] | 0x20))
            i++;
        if (i == n)
            return true;
    }
    return false;
}

/* ---- one clean line ---- */

/* Length of what must not reach a terminal at the start of s, 0 if nothing:
 * controls, C1, escape sequences, bidi and zero-width controls. */
static size_t
unsafe(struct dc_str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    if (p[0] == 0x1b && s.len > 1 && p[1] == '[') {
        size_t n = 2;
        while (n < s.len && (p[n] < 0x40 || p[n] > 0x7e))
            n++;
        return n < s.len ? n + 1 : n;
    }
    if (p[0] < 0x20 || p[0] == 0x7f)
        return 1;
    if (p[0] == 0xc2 && s.len > 1 && p[1] < 0xa0)
        return 2;
    if (p[0] == 0xe2 && s.len > 2 &&
        ((p[1] == 0x80 && (p[2] >= 0xaa && p[2] <= 0xae)) ||
         (p[1] == 0x80 && (p[2] >= 0x8b && p[2] <= 0x8f)) ||
         (p[1] == 0x81 && (p[2] >= 0xa6 && p[2] <= 0xa9))))
        return 3;
    return 0;
}

/* Append, with runs of blanks and controls as one space. */
static void
add_line(struct buf *out, struct dc_str text)
{
    struct buf clean;
    buf_init(&clean, DC_ERROR_BODY_MAX * 4);
    utf8_add_clean(&clean, text, true);
    bool gap = false;
    for (size_t at = 0; at < clean.len;) {
        struct dc_str rest = {clean.ptr + at, clean.len - at};
        size_t bad = unsafe(rest);
        if (bad > 0 || rest.ptr[0] == ' ') {
            gap = out->len > 0;
            at += bad > 0 ? bad : 1;
            continue;
        }
        size_t n = (size_t)utf8_len(rest);
        if (out->len + n + 1 > TEXT_MAX)
            break;
        if (gap)
            buf_add_byte(out, ' ');
        gap = false;
        buf_add(out, rest.ptr, n);
        at += n;
    }
    buf_finish(&clean);
}

/* ---- JSON shapes ---- */

static const cJSON *
member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static bool
add_string(struct said *said, const cJSON *json)
{
    if (!cJSON_IsString(json) || json->valuestring[0] == '\0')
        return false;
    if (said->text.len > 0)
        buf_add_text(&said->text, ": ");
    add_line(&said->text,
             (struct dc_str){json->valuestring, strlen(json->valuestring)});
    return true;
}

static void
copy_name(char *out, size_t size, const cJSON *json)
{
    if (cJSON_IsString(json))
        snprintf(out, size, "%s", json->valuestring);
    else if (cJSON_IsNumber(json) && json->valuedouble > 0 &&
             json->valuedouble < 1e6)
        snprintf(out, size, "%d", (int)json->valuedouble);
}

/* {"message", "type", "param", "code", "metadata": {"raw"}} */
static bool
read_error(struct said *said, const cJSON *error)
{
    copy_name(said->code, sizeof said->code, member(error, "type"));
    if (!cJSON_IsNull(member(error, "code")))
        copy_name(said->code, sizeof said->code, member(error, "code"));
    copy_name(said->field, sizeof said->field, member(error, "param"));
    bool found = add_string(said, member(error, "message"));
    add_string(said, member(member(error, "metadata"), "raw"));
    return found;
}

/* {"loc": ["body", "temperature"], "msg": "..."}: the last word is the field */
static bool
read_detail_item(struct said *said, const cJSON *item)
{
    const cJSON *loc, *last = NULL;
    cJSON_ArrayForEach(loc, member(item, "loc"))
    {
        if (cJSON_IsString(loc))
            last = loc;
    }
    copy_name(said->field, sizeof said->field, last);
    add_string(said, last);
    return add_string(said, member(item, "msg"));
}

static bool
read_detail(struct said *said, const cJSON *detail)
{
    if (cJSON_IsArray(detail))
        return read_detail_item(said, cJSON_GetArrayItem(detail, 0));
    return add_string(said, detail) ||
           add_string(said, member(detail, "error")) ||
           add_string(said, member(detail, "message"));
}

static bool
read_json(struct said *said, const cJSON *json)
{
    if (cJSON_IsArray(json))
        json = cJSON_GetArrayItem(json, 0);
    const cJSON *error = member(json, "error");
    if (cJSON_IsObject(error) && read_error(said, error))
        return true;
    if (add_string(said, error) || read_detail(said, member(json, "detail")))
        return true;
    return read_error(said, json);
}

/* ---- anything else ---- */

/* The title of a page, else its text without tags. */
static void
read_page(struct said *said, struct dc_str body)
{
    struct buf plain;
    buf_init(&plain, DC_ERROR_BODY_MAX);
    bool tag = false, title = false;
    for (size_t at = 0; at < body.len && plain.len < TEXT_MAX; at++) {
        struct dc_str rest = {body.ptr + at, body.len - at};
        if (said_holds((struct dc_str){rest.ptr, rest.len < 7 ? rest.len : 7},
                       "<title>")) {
            buf_reset(&plain);
            title = true;
        }
        if (title && str_starts(rest, "</"))
            break;
        tag = tag || rest.ptr[0] == '<';
        if (!tag)
            buf_add_byte(&plain, rest.ptr[0]);
        else if (rest.ptr[0] == '>')
            tag = false;
    }
    add_line(&said->text, buf_str(&plain));
    buf_finish(&plain);
}

void
said_read(struct said *said, struct dc_str body)
{
    *said = (struct said){.html = false};
    buf_init(&said->text, TEXT_MAX * 2);
    body = str_trim(body);
    if (body.len == 0)
        return;
    said->html = body.ptr[0] == '<';
    cJSON *json = NULL;
    if (body.ptr[0] == '{' || body.ptr[0] == '[')
        json = cJSON_ParseWithLength(body.ptr, body.len);
    said->json = json != NULL;
    if (said->html)
        read_page(said, body);
    else if (json == NULL || !read_json(said, json))
        add_line(&said->text, body);
    cJSON_Delete(json);
}

void
said_finish(struct said *said)
{
    buf_finish(&said->text);
}
