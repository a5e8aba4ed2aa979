/* base_url: what it becomes, and what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/provider.h"
#include "host/url.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define DEEPINFRA "https://api.deepinfra.com/v1/openai/chat/completions"
#define LLAMA "http://127.0.0.1:8080/v1/chat/completions"

/* flags: s secure, l loopback, d DeepInfra, h hosted */
/* clang-format off */
static const struct {
    const char *text, *endpoint, *host, *flags;
} good[] = {
    {"https://api.deepinfra.com/v1/openai", DEEPINFRA, "api.deepinfra.com",
     "sdh"},
    {"https://api.deepinfra.com/v1/openai/", DEEPINFRA, "api.deepinfra.com",
     "sdh"},
    {"https://api.deepinfra.com/v1/openai/chat/completions", DEEPINFRA,
     "api.deepinfra.com", "sdh"},
    {"https://api.deepinfra.com/v1/openai/chat/completions//", DEEPINFRA,
     "api.deepinfra.com", "sdh"},
    {"https://api.deepinfra.com", DEEPINFRA, "api.deepinfra.com", "sdh"},
    {"https://api.deepinfra.com/v1/", DEEPINFRA, "api.deepinfra.com", "sdh"},
    {"https://api.deepinfra.com/chat/completions", DEEPINFRA,
     "api.deepinfra.com", "sdh"},
    {"api.deepinfra.com", DEEPINFRA, "api.deepinfra.com", "sdh"},
    {" HTTPS://API.DeepInfra.com.:443\t", DEEPINFRA, "api.deepinfra.com",
     "sdh"},
    {"http://api.deepinfra.com",
     "http://api.deepinfra.com/v1/openai/chat/completions",
     "api.deepinfra.com", "dh"},
    {"https://api.deepinfra.com:8443",
     "https://api.deepinfra.com:8443/v1/chat/completions",
     "api.deepinfra.com:8443", "sh"},
    {"https://api.deepinfra.com.evil.net",
     "https://api.deepinfra.com.evil.net/v1/chat/completions",
     "api.deepinfra.com.evil.net", "s"},
    {"http://127.0.0.1:8080", LLAMA, "127.0.0.1:8080", "l"},
    {"http://127.0.0.1:8080/", LLAMA, "127.0.0.1:8080", "l"},
    {"http://127.0.0.1:8080/v1", LLAMA, "127.0.0.1:8080", "l"},
    {"http://127.0.0.1:8080/v1///", LLAMA, "127.0.0.1:8080", "l"},
    {"http://127.0.0.1:8080/v1/chat/completions/", LLAMA, "127.0.0.1:8080",
     "l"},
    {"127.0.0.1:8080", LLAMA, "127.0.0.1:8080", "l"},
    {"localhost", "http://localhost/v1/chat/completions", "localhost", "l"},
    {"localhost:11434/v1", "http://localhost:11434/v1/chat/completions",
     "localhost:11434", "l"},
    {"LocalHost:80", "http://localhost/v1/chat/completions", "localhost", "l"},
    {"[::1]:8080", "http://[::1]:8080/v1/chat/completions", "[::1]:8080", "l"},
    {"http://[0:0:0:0:0:0:0:1]", "http://[0:0:0:0:0:0:0:1]/v1/chat/completions",
     "[0:0:0:0:0:0:0:1]", "l"},
    {"https://[2001:DB8::1]/v1", "https://[2001:db8::1]/v1/chat/completions",
     "[2001:db8::1]", "s"},
    {"http://127.255.255.255", "http://127.255.255.255/v1/chat/completions",
     "127.255.255.255", "l"},
    {"http://128.0.0.1", "http://128.0.0.1/v1/chat/completions", "128.0.0.1",
     ""},
    {"http://127.0.0.1.evil.net",
     "http://127.0.0.1.evil.net/v1/chat/completions", "127.0.0.1.evil.net",
     ""},
    {"http://localhost.evil.net",
     "http://localhost.evil.net/v1/chat/completions", "localhost.evil.net",
     ""},
    {"gpu.lan:65535", "https://gpu.lan:65535/v1/chat/completions",
     "gpu.lan:65535", "s"},
    {"http://gpu_1.lan:1", "http://gpu_1.lan:1/v1/chat/completions",
     "gpu_1.lan:1", ""},
    {"http://127.0.0.1:123/s/NAME/v1",
     "http://127.0.0.1:123/s/NAME/v1/chat/completions", "127.0.0.1:123", "l"},
    {"http://127.0.0.1:123/s/NAME",
     "http://127.0.0.1:123/s/NAME/v1/chat/completions", "127.0.0.1:123", "l"},
    {"https://openrouter.ai/api/v1",
     "https://openrouter.ai/api/v1/chat/completions", "openrouter.ai", "sh"},
    {"openrouter.ai/api", "https://openrouter.ai/api/v1/chat/completions",
     "openrouter.ai", "sh"},
    {"https://api.groq.com/openai",
     "https://api.groq.com/openai/v1/chat/completions", "api.groq.com", "sh"},
    {"https://generativelanguage.googleapis.com/v1beta/openai/",
     "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
     "generativelanguage.googleapis.com", "sh"},
    {"https://open.example/api/paas/v4",
     "https://open.example/api/paas/v4/chat/completions", "open.example", "s"},
    {"https://api.deepseek.com/chat/completions",
     "https://api.deepseek.com/chat/completions", "api.deepseek.com", "sh"},
    {"https://api.deepseek.com", "https://api.deepseek.com/v1/chat/completions",
     "api.deepseek.com", "sh"},
    {"https://api.deepseek.com/beta/",
     "https://api.deepseek.com/beta/chat/completions", "api.deepseek.com",
     "sh"},
    {"https://h/beta", "https://h/beta/v1/chat/completions", "h", "s"},
    {"https://h/video", "https://h/video/v1/chat/completions", "h", "s"},
};

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "base_url has no host"},
    {"https://", "base_url has no host"},
    {"https:///v1", "base_url has no host"},
    {"http://:8080", "base_url has no host"},
    {":8080", "base_url has no host"},
    {"/v1", "base_url has no host"},
    {"//host/v1", "base_url has no host"},
    {"::1", "base_url has no host"},
    {"file:///etc/passwd",
     "base_url is file:..., takes http:// or https://"},
    {"file:/etc/passwd", "base_url is file:..., takes http:// or https://"},
    {"ftp://host/", "base_url is ftp:..., takes http:// or https://"},
    {"http:host", "base_url is http:..., takes http:// or https://"},
    {"http:/host", "base_url is http:..., takes http:// or https://"},
    {"httpsx://host", "base_url is httpsx:..., takes http:// or https://"},
    {"https://me:pw@host/v1",
     "base_url holds a user or password; see api_key_env"},
    {"https://me@host", "base_url holds a user or password; see api_key_env"},
    {"sk-secret:pw@host", "base_url holds a user or password; see api_key_env"},
    {"https://localhost:80@evil.net",
     "base_url holds a user or password; see api_key_env"},
    {"https://host:0", "base_url has a port that is not 1 to 65535"},
    {"https://host:65536", "base_url has a port that is not 1 to 65535"},
    {"https://host:999999", "base_url has a port that is not 1 to 65535"},
    {"https://host:", "base_url has a port that is not 1 to 65535"},
    {"https://host:80a", "base_url has a port that is not 1 to 65535"},
    {"https://host:-1", "base_url has a port that is not 1 to 65535"},
    {"https://[::1]x", "base_url has a port that is not 1 to 65535"},
    {"https://a b/v1", "base_url holds a blank or a control character"},
    {"https://host/\r\nX: y", "base_url holds a blank or a control character"},
    {"https://host/\x7f", "base_url holds a blank or a control character"},
    {"https://h\xc3\xb6st/", "base_url is not ASCII; use xn-- and %XX forms"},
    {"https://host\\@evil", "base_url holds a character no address has"},
    {"https://host/?key=1", "base_url holds a query or a fragment (? or #)"},
    {"https://host#@evil", "base_url holds a query or a fragment (? or #)"},
    {"https://a..b", "base_url has a host name that cannot be"},
    {"https://.b", "base_url has a host name that cannot be"},
    {"https://a!b", "base_url has a host name that cannot be"},
    {"https://[::1", "base_url has a host name that cannot be"},
    {"https://[]", "base_url has a host name that cannot be"},
    {"https://[1.2.3.4]", "base_url has a host name that cannot be"},
    {"https://%6cocalhost", "base_url has a host name that cannot be"},
};
/* clang-format on */

Test(config_url, accepts, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct url url;
        struct dc_error err = {0};
        char flags[8];
        bool ok = url_read(&url, str_of(good[i].text), &err);
        cr_assert(ok, "%s: %s", good[i].text, err.text);
        snprintf(flags, sizeof flags, "%s%s%s%s", url.secure ? "s" : "",
                 url.loopback ? "l" : "", url.deepinfra ? "d" : "",
                 provider_of(url.name, NULL)->hosted ? "h" : "");
        cr_expect_str_eq(url.endpoint, good[i].endpoint, "%s gave %s",
                         good[i].text, url.endpoint);
        cr_expect_str_eq(url.host, good[i].host, "%s gave %s", good[i].text,
                         url.host);
        cr_expect_str_eq(flags, good[i].flags, "%s gave %s", good[i].text,
                         flags);
        url_finish(&url);
    }
}

/* How an answer that was cut is gone on with there. */
Test(config_url, forms, .timeout = 20)
{
    static const struct {
        const char *text;
        enum dc_form form;
        bool effort;
        const char *prefix;
    } cases[] = {
        {"api.deepinfra.com", DC_FORM_LAST, true, NULL},
        {"https://openrouter.ai/api/v1", DC_FORM_LAST, true, NULL},
        {"api.openai.com", DC_FORM_TURN, false, NULL},
        {"API.OpenAI.com.:443/v1", DC_FORM_TURN, false, NULL},
        {"api.openai.com.evil.net", DC_FORM_LAST, false, NULL},
        {"api.mistral.ai", DC_FORM_PREFIX, false, NULL},
        {"api.anthropic.com", DC_FORM_LAST, false, NULL},
        {"localhost:8080", DC_FORM_LAST, false, NULL},
        {"https://api.deepseek.com", DC_FORM_PREFIX, false,
         "https://api.deepseek.com/beta/chat/completions"},
        {"api.deepseek.com/v1/", DC_FORM_PREFIX, false,
         "https://api.deepseek.com/beta/chat/completions"},
        {"api.deepseek.com/beta", DC_FORM_PREFIX, false,
         "https://api.deepseek.com/beta/chat/completions"},
        {"http://api.deepseek.com/beta/chat/completions", DC_FORM_PREFIX, false,
         "http://api.deepseek.com/beta/chat/completions"},
        {"https://api.deepseek.com:8443", DC_FORM_PREFIX, false, NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url url;
        cr_assert(url_read(&url, str_of(cases[i].text), NULL));
        const struct provider *p = provider_of(url.name, NULL);
        cr_expect_eq(p->form, cases[i].form, "%s", cases[i].text);
        cr_expect_eq(p->effort_none, cases[i].effort, "%s", cases[i].text);
        cr_expect_eq(url.prefix == NULL, cases[i].prefix == NULL, "%s",
                     cases[i].text);
        if (url.prefix != NULL && cases[i].prefix != NULL)
            cr_expect_str_eq(url.prefix, cases[i].prefix, "%s", url.prefix);
        url_finish(&url);
    }
}

/* What comes out goes in again. */
Test(config_url, is_stable, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct url url;
        cr_expect(url_read(&url, str_of(good[i].endpoint), NULL));
        cr_expect_str_eq(url.endpoint, good[i].endpoint);
        url_finish(&url);
    }
}

Test(config_url, refuses, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct url url;
        struct dc_error err = {0};
        cr_expect_not(url_read(&url, str_of(bad[i].text), &err), "%s",
                      bad[i].text);
        cr_expect_str_eq(err.text, bad[i].why, "%s gave %s", bad[i].text,
                         err.text);
        cr_expect_null(url.endpoint);
        url_finish(&url);
    }
}

/* The text is cut at every byte, in memory of its own. */
Test(config_url, reads_no_further, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t len = 0; len <= strlen(good[i].text); len++) {
            struct url url;
            char *cut = mem_resize(NULL, len, 1);
            memcpy(cut, good[i].text, len);
            url_read(&url, (struct dc_str){cut, len}, NULL);
            url_finish(&url);
            free(cut);
        }
}

static bool
accepts_length(const char *start, char fill, size_t len)
{
    struct url url;
    char *text = mem_resize(NULL, len + 1, 1);
    memset(text, fill, len);
    memcpy(text, start, strlen(start));
    bool ok = url_read(&url, (struct dc_str){text, len}, NULL);
    url_finish(&url);
    free(text);
    return ok;
}

Test(config_url, lengths, .timeout = 20)
{
    cr_expect(accepts_length("http://h/", 'a', 2048));
    cr_expect_not(accepts_length("http://h/", 'a', 2049));
    cr_expect(accepts_length("http://", 'a', 7 + 253));
    cr_expect_not(accepts_length("http://", 'a', 7 + 254));
    cr_expect_not(accepts_length("http://[", ':', 300));
}
