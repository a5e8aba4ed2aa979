/*
 * The words of a server's error body. It may be JSON in any of half a dozen
 * shapes, a web page, plain text or nothing.
 */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "core/failure.h"
#include "core/stream.h"

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
    failure_line(&said->text, str_of(json->valuestring));
    return true;
}

/* A name that stands in program text; anything else is not taken. */
static bool
is_name(const char *text)
{
    static const char signs[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[]";
    return text[strspn(text, signs)] == '\0';
}

static void
copy_name(char *out, size_t size, const cJSON *json)
{
    if (cJSON_IsString(json) && is_name(json->valuestring) &&
        strlen(json->valuestring) < size)
        snprintf(out, size, "%s", json->valuestring);
}

/* An HTTP status, also as a string. */
static int
read_number(const cJSON *code)
{
    double number = 0;
    if (cJSON_IsNumber(code))
        number = code->valuedouble;
    else if (cJSON_IsString(code) &&
             strspn(code->valuestring, "0123456789") == 3 &&
             strlen(code->valuestring) == 3)
        number = (code->valuestring[0] - '0') * 100 +
                 (code->valuestring[1] - '0') * 10 + code->valuestring[2] - '0';
    return number >= 400 && number < 600 ? (int)number : 0;
}

static void
add_step(char *out, size_t size, const cJSON *step)
{
    size_t len = strlen(out);
    const char *dot = len > 0 ? "." : "";
    if (cJSON_IsString(step) && is_name(step->valuestring))
        snprintf(out + len, size - len, "%s%s", dot, step->valuestring);
    else if (cJSON_IsNumber(step) && step->valuedouble >= 0 &&
             step->valuedouble < 1e6)
        snprintf(out + len, size - len, "%s%d", dot, (int)step->valuedouble);
}

/* {"loc": ["body", "messages", 0, "role"], "msg": "..."} */
static bool
read_detail_item(struct said *said, const cJSON *item)
{
    const cJSON *step = NULL;
    cJSON_ArrayForEach(step, member(item, "loc"))
        add_step(said->where, sizeof said->where, step);
    const char *name = said->where;
    if (strncmp(name, "body.", 5) == 0)
        name += 5;
    size_t len = strlen(name);
    if (strcmp(name, "body") != 0 && len < sizeof said->field)
        memcpy(said->field, name, len + 1);
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

/* {"message", "type", "param", "code", "metadata": {"raw"}}; the message of
 * Mistral can be {"detail": [...]}. */
static bool
read_error(struct said *said, const cJSON *error)
{
    copy_name(said->type, sizeof said->type, member(error, "type"));
    copy_name(said->code, sizeof said->code, member(error, "code"));
    copy_name(said->field, sizeof said->field, member(error, "param"));
    said->number = read_number(member(error, "code"));
    const cJSON *message = member(error, "message");
    bool found = add_string(said, message) ||
                 read_detail(said, member(message, "detail"));
    return add_string(said, member(member(error, "metadata"), "raw")) || found;
}

/* True if it gave words. */
static bool
read_shape(struct said *said, const cJSON *json)
{
    if (cJSON_IsArray(json))
        json = cJSON_GetArrayItem(json, 0);
    const cJSON *error = member(json, "error");
    const cJSON *detail = member(json, "detail");
    said->error = cJSON_IsObject(error) || cJSON_IsString(error) ||
                  cJSON_IsObject(detail) || cJSON_IsString(detail) ||
                  cJSON_IsArray(detail) ||
                  cJSON_IsString(member(json, "message")) ||
                  cJSON_IsObject(member(json, "message"));
    if (cJSON_IsObject(error))
        return read_error(said, error);
    return add_string(said, error) || read_detail(said, detail) ||
           read_error(said, json);
}

static bool
read_json(struct said *said, struct dc_str body)
{
    struct buf fixed;
    buf_init(&fixed, body.len * 6 + 1);
    stream_mend(&fixed, body);
    cJSON *json = cJSON_ParseWithLength(fixed.ptr, fixed.len);
    bool found = json != NULL && read_shape(said, json);
    cJSON_Delete(json);
    buf_finish(&fixed);
    return found;
}

/* ---- anything else ---- */

/* The title of a page, else its text without tags. */
static void
read_page(struct said *said, struct dc_str body)
{
    struct buf plain;
    buf_init(&plain, DC_ERROR_BODY_MAX);
    size_t title = failure_find(body, "<title");
    bool titled = title < body.len;
    if (titled)
        body = (struct dc_str){body.ptr + title, body.len - title};
    bool tag = false;
    for (size_t at = 0; at < body.len && plain.len < SAID_MAX; at++) {
        if (titled && plain.len > 0 && body.ptr[at] == '<')
            break;
        tag = tag || body.ptr[at] == '<';
        if (!tag)
            buf_add_byte(&plain, body.ptr[at]);
        tag = tag && body.ptr[at] != '>';
    }
    failure_line(&said->text, buf_str(&plain));
    buf_finish(&plain);
}

void
said_read(struct said *said, struct dc_str body, const char *key)
{
    *said = (struct said){.number = 0};
    buf_init(&said->text, SAID_MAX);
    buf_add_text(&said->text, "");
    body = str_trim(body);
    bool json = body.len > 0 && (body.ptr[0] == '{' || body.ptr[0] == '[');
    said->html = body.len > 0 && body.ptr[0] == '<';
    if (said->html)
        read_page(said, body);
    else if (!json || !read_json(said, body))
        failure_line(&said->text, body);
    if (key == NULL)
        return;
    dc_redact(said->text.ptr, key);
    buf_cut(&said->text, strlen(said->text.ptr));
    dc_redact(said->where, key);
    dc_redact(said->field, key);
}

void
said_finish(struct said *said)
{
    buf_finish(&said->text);
}

/* ---- asking for words ---- */

bool
said_has(const struct said *said, const char *needle)
{
    struct dc_str text = buf_str(&said->text);
    return failure_find(text, needle) < text.len ||
           strcmp(said->code, needle) == 0 || strcmp(said->type, needle) == 0;
}

bool
said_any(const struct said *said, const char *const *needles)
{
    for (; *needles != NULL; needles++)
        if (said_has(said, *needles))
            return true;
    return false;
}
