/*
 * Addresses are read strictly: what two parsers could understand differently
 * (users, blanks, controls, other scripts, a query) is refused, because libcurl
 * reads the result again and the key must go where this file thinks it goes.
 */
#include "host/url.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/provider.h"

enum { URL_MAX = 2048, HOST_MAX = 253, PORT_MAX = 65535 };

#define ENDPOINT "/chat/completions"
#define DEEPINFRA_HOST "api.deepinfra.com"

struct parts {
    bool secure;
    char host[HOST_MAX + 3]; /* lower case, an IPv6 address in brackets */
    long port;               /* 0: the scheme's own */
    struct dc_str path;      /* "" or "/..." */
};

static bool
refuse(struct dc_error *err, const char *why)
{
    return fail(err, DC_E_SYNTAX, "base_url %s", why);
}

static bool
check_bytes(struct dc_str text, struct dc_error *err)
{
    if (text.len > URL_MAX)
        return refuse(err, "is over 2048 bytes long");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c >= 0x80)
            return refuse(err, "is not ASCII; use xn-- and %XX forms");
        if (c <= ' ' || c == 0x7f)
            return refuse(err, "holds a blank or a control character");
        if (strchr("\\\"<>^`{|}", c) != NULL)
            return refuse(err, "holds a character no address has");
        if (c == '?' || c == '#')
            return refuse(err, "holds a query or a fragment (? or #)");
    }
    return true;
}

/* Length of a scheme with its colon at the start of text, or 0. What follows
 * the colon of "host:8080" is a digit. */
static size_t
scheme_len(struct dc_str text)
{
    size_t colon = str_find(text, ':');
    if (text.len > 0 && text.ptr[0] == '[')
        return 0;
    if (colon == text.len || colon == 0 || str_find(text, '/') < colon)
        return 0;
    bool digit = colon + 1 < text.len && text.ptr[colon + 1] >= '0' &&
                 text.ptr[colon + 1] <= '9';
    return digit ? 0 : colon + 1;
}

static bool
is_word(struct dc_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Cut "http://" or "https://" off. *named: one was there. */
static bool
take_scheme(struct dc_str *text, struct parts *out, bool *named,
            struct dc_error *err)
{
    size_t len = scheme_len(*text);
    struct dc_str scheme = {text->ptr, len};
    *named = len > 0;
    if (!*named)
        return true;
    out->secure = is_word(scheme, "https:");
    struct dc_str rest = str_from(*text, len);
    bool known = out->secure || is_word(scheme, "http:");
    if (!known || !str_starts(rest, "//"))
        return fail(err, DC_E_SYNTAX,
                    "base_url is %.*s..., takes http:// or https://",
                    (int)(len < 16 ? len : 16), scheme.ptr);
    *text = str_from(rest, 2);
    return true;
}

static bool
take_port(struct dc_str text, struct parts *out, struct dc_error *err)
{
    if (text.len == 0)
        return true;
    out->port = text.ptr[0] == ':' && text.len > 1 && text.len <= 6 ? 0 : -1;
    for (size_t i = 1; i < text.len && out->port >= 0; i++) {
        char c = text.ptr[i];
        out->port = c >= '0' && c <= '9' ? out->port * 10 + (c - '0') : -1;
    }
    if (out->port < 1 || out->port > PORT_MAX)
        return refuse(err, "has a port that is not 1 to 65535");
    return true;
}

/* Bytes of the host at the start of authority; 0 if there is no good one. */
static size_t
host_len(struct dc_str authority)
{
    struct in6_addr ignored;
    char address[INET6_ADDRSTRLEN];
    if (authority.len == 0)
        return 0;
    if (authority.ptr[0] == '[') {
        size_t close = str_find(authority, ']');
        if (close == authority.len || close - 1 >= sizeof address)
            return 0;
        memcpy(address, authority.ptr + 1, close - 1);
        address[close - 1] = '\0';
        return inet_pton(AF_INET6, address, &ignored) == 1 ? close + 1 : 0;
    }
    size_t len = str_find(authority, ':');
    for (size_t i = 0; i < len; i++) {
        char c = authority.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || strchr("-_.", c) != NULL;
        bool empty_label = c == '.' && (i == 0 || authority.ptr[i - 1] == '.');
        if ((!letter && !other) || empty_label)
            return 0;
    }
    return len <= HOST_MAX ? len : 0;
}

static bool
take_host(struct dc_str authority, struct parts *out, struct dc_error *err)
{
    size_t len = host_len(authority);
    if (authority.len == 0 || authority.ptr[0] == ':')
        return refuse(err, "has no host");
    if (len == 0)
        return refuse(err, "has a host name that cannot be");
    struct dc_str rest = str_from(authority, len);
    for (size_t i = 0; i < len; i++) {
        char c = authority.ptr[i];
        out->host[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    /* "host." is the same machine as "host" */
    if (out->host[len - 1] == '.')
        out->host[len - 1] = '\0';
    return take_port(rest, out, err);
}

/* Names that merely resolve to the own machine are not trusted to. */
static bool
is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    char address[INET6_ADDRSTRLEN] = "";
    size_t len = strlen(host);
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (host[0] != '[' || len - 2 >= sizeof address)
        return false;
    memcpy(address, host + 1, len - 2);
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool
split(struct dc_str text, struct parts *out, struct dc_error *err)
{
    bool named;
    /* before anything that could show a piece of the text */
    size_t slashes = scheme_len(text);
    while (slashes < text.len && text.ptr[slashes] == '/')
        slashes++;
    struct dc_str rest = str_from(text, slashes);
    rest.len = str_find(rest, '/');
    if (str_find(rest, '@') < rest.len)
        return refuse(err, "holds a user or password; see api_key_env");
    if (!take_scheme(&text, out, &named, err))
        return false;
    size_t slash = str_find(text, '/');
    out->path = str_from(text, slash);
    if (!take_host((struct dc_str){text.ptr, slash}, out, err))
        return false;
    if (!named)
        out->secure = !is_loopback(out->host);
    if (out->port == (out->secure ? 443 : 80))
        out->port = 0;
    return true;
}

/* True if a segment of path is like "v1" or "v1beta". */
static bool
has_version(struct dc_str path)
{
    for (size_t i = 0; i + 2 < path.len; i++)
        if (path.ptr[i] == '/' && (path.ptr[i + 1] | 32) == 'v' &&
            path.ptr[i + 2] >= '0' && path.ptr[i + 2] <= '9')
            return true;
    return false;
}

static void
cut_slashes(struct dc_str *path)
{
    while (path->len > 0 && path->ptr[path->len - 1] == '/')
        path->len--;
}

/* The path without ENDPOINT, completed the way servers expect it. A path that
 * was written down to ENDPOINT is taken at its word. */
static void
add_path(struct buf *out, struct dc_str path, bool deepinfra)
{
    size_t len = strlen(ENDPOINT);
    cut_slashes(&path);
    bool whole = path.len >= len &&
                 memcmp(path.ptr + path.len - len, ENDPOINT, len) == 0;
    if (whole)
        path.len -= len;
    cut_slashes(&path);
    if (deepinfra && (path.len == 0 || str_is(path, "/v1")))
        path = str_of("/v1/openai");
    buf_add_str(out, path);
    if (!whole && !has_version(path))
        buf_add_text(out, "/v1");
}

static char *
print_endpoint(const struct url *url, struct dc_str path, bool deepinfra)
{
    struct buf out;
    buf_init(&out, (size_t)URL_MAX * 2);
    buf_addf(&out, "%s://%s", url->secure ? "https" : "http", url->host);
    add_path(&out, path, deepinfra);
    buf_add_text(&out, ENDPOINT);
    return buf_take(&out, NULL);
}

/* path is cut if it is the server's own for that. Behind a port of one's own is
 * a server that only goes by its name. */
static void
read_prefix(struct url *out, struct parts *parts)
{
    const char *prefix = provider_of(parts->host, NULL)->prefix;
    char path[32];
    cut_slashes(&parts->path);
    if (prefix == NULL || parts->port != 0)
        return;
    snprintf(path, sizeof path, "%s" ENDPOINT, prefix);
    out->prefix = print_endpoint(out, str_of(path), false);
    if (str_is(parts->path, prefix))
        parts->path = str_of(strstr(out->prefix, path));
}

bool
url_read(struct url *out, struct dc_str text, struct dc_error *err)
{
    struct parts parts = {0};
    struct buf host;
    *out = (struct url){0};
    text = str_trim(text);
    if (!check_bytes(text, err) || !split(text, &parts, err))
        return false;
    out->secure = parts.secure;
    out->loopback = is_loopback(parts.host);
    out->deepinfra = parts.port == 0 && strcmp(parts.host, DEEPINFRA_HOST) == 0;
    out->name = mem_str(parts.host);
    buf_init(&host, (size_t)URL_MAX * 2);
    buf_add_text(&host, parts.host);
    if (parts.port > 0)
        buf_addf(&host, ":%ld", parts.port);
    out->host = buf_take(&host, NULL);
    read_prefix(out, &parts);
    out->endpoint = print_endpoint(out, parts.path, out->deepinfra);
    return true;
}

void
url_finish(struct url *url)
{
    free(url->endpoint);
    free(url->prefix);
    free(url->host);
    free(url->name);
    *url = (struct url){0};
}
