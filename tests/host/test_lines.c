/* Lines for the user about what has a long name: they fit, and their end, which
 * says what was done and what to do, is whole. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "host/allow.h"
#include "host/config.h"
#include "host/json.h"
#include "host/source.h"
#include "lib/tmpdir.h"

/* Of 68, without "deepchat: ". */
enum { CELLS = 58 };

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define LONG50 "name-of-fifty-bytes-with-an-end-that-is-not-alike/"
#define LONG LONG50 LONG50 LONG50 LONG50

static size_t
cells(struct dc_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* Where the part of a line begins that is never cut. */
static size_t
end_of(const char *line)
{
    size_t at = strlen(line);
    while (at > 0 && strncmp(line + at, "; ", 2) != 0 &&
           strncmp(line + at, ", takes ", 8) != 0)
        at--;
    return at > 0 ? at : strlen(line);
}

/* What the editor shows of it (autoload/deepchat/ui.vim). Owned. */
static char *
shown(const char *line)
{
    struct buf out;
    buf_init(&out, 1000);
    size_t at = end_of(line), used = cells(str_of(line + at)), head = at;
    if (cells(str_of(line)) > CELLS && used > (CELLS + 10) * 2 / 3)
        head = at = strlen(line), used = 0;
    bool whole = cells(str_of(line)) <= CELLS;
    while (!whole && cells((struct dc_str){line, head}) + used >= CELLS)
        head--;
    buf_addf(&out, "%.*s%s%s", (int)head, line, whole ? "" : "...", line + at);
    return buf_take(&out, NULL);
}

static void
expect(const char *name, const char *line, const char *part, const char *end)
{
    char *seen = shown(line);
    size_t len = strlen(seen);
    cr_expect_not_null(strstr(seen, part), "%s: %s", name, seen);
    cr_expect(len >= strlen(end) && strcmp(seen + len - strlen(end), end) == 0,
              "%s: %s", name, seen);
    free(seen);
}

/* ---- options ---- */

static const struct {
    const char *name, *settings, *chat, *arguments;
    const char *part, *end;
} configs[] = {
    {"option", "{\"" LONG "\":1}", NULL, NULL, "unknown option name-of",
     "; see :h deepchat-options"},
    {"argument", "{}", NULL, "[\"" LONG "=1\"]", "unknown option name-of",
     "; see :h deepchat-options"},
    {"of a role", "{}", NULL, "[[\"temperature=9\",\"" LONG "\",3]]",
     "role name-of", ", takes 0 to 2"},
    {"provider", "{\"provider\":\"" LONG "\"}", NULL, NULL, "unknown provider",
     "; see :h deepchat-providers"},
    {"another provider",
     "{\"provider\":\"" LONG "\",\"providers\":{\"" LONG "x\":{}}}", NULL, NULL,
     "unknown provider name-of", "; see :h deepchat-providers"},
    {"number", "{\"temperature\":\"" LONG "\"}", NULL, NULL,
     "temperature is \"name-of", ", takes 0 to 2"},
    {"choice", "{\"review\":\"" LONG "\"}", NULL, NULL, "review is \"name-of",
     ""},
    {"address", "{\"base_url\":\"ftp://" LONG "\"}", NULL, NULL, "base_url",
     "takes http:// or https://"},
    {"no slash", "{\"base_url\":\"http://a b" LONG "\"}", NULL, NULL,
     "base_url", ""},
    {"in a provider", "{\"providers\":{\"" LONG "\":{\"temprature\":1}}}", NULL,
     NULL, "provider name-of", "; did you mean temperature?"},
    {"JSON", "{}", "---\nextra_body: {\"" LONG50 "\"\n---\n", NULL,
     "line 2: extra_body is ", ", takes a dictionary"},
};

static struct config *
config_of(size_t i, struct dc_error *err)
{
    struct dc_transcript *tr = NULL;
    struct value *settings = json_parse(str_of(configs[i].settings));
    struct value *arguments = configs[i].arguments != NULL
                                  ? json_parse(str_of(configs[i].arguments))
                                  : NULL;
    if (configs[i].chat != NULL)
        cr_assert(dc_transcript_parse(&tr, str_of(configs[i].chat), NULL));
    struct config_sources sources = {
        .settings = settings, .chat = tr, .arguments = arguments};
    struct config *cfg = config_new(&sources, err);
    dc_transcript_free(tr);
    value_free(settings);
    value_free(arguments);
    return cfg;
}

Test(lines, of_options, .timeout = 20)
{
    for (size_t i = 0; i < COUNT(configs); i++) {
        struct dc_error err = {.text = ""};
        struct config *cfg = config_of(i, &err);
        cr_expect_null(cfg, "%s", configs[i].name);
        config_free(cfg);
        expect(configs[i].name, err.text, configs[i].part, configs[i].end);
    }
}

/* ---- keys, models ---- */

#define VARIABLE "A_VERY_LONG_NAME_OF_A_VARIABLE_WITH_A_KEY_IN_IT_OR_NOT"

Test(lines, of_keys, .timeout = 20)
{
    static const struct {
        const char *name, *value, *part, *end;
    } cases[] = {
        {"no key", NULL, "no key; set $A_VERY_LONG_NAME", "(:h deepchat-key)"},
        {"odd", "two words", "key from $A_VERY",
         " holds a blank or control byte"},
    };
    struct value *settings =
        json_parse(str_of("{\"base_url\":\"https://api.openai.com/"
                          "v1\",\"api_key_env\":\"" VARIABLE "\"}"));
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *key, *source;
        struct dc_error err = {.text = ""};
        struct config_sources sources = {.settings = settings};
        struct config *cfg = config_new(&sources, &err);
        cr_assert_not_null(cfg, "%s", err.text);
        if (cases[i].value != NULL)
            setenv(VARIABLE, cases[i].value, 1);
        cr_expect_eq(config_key(cfg, &key, &source, &err), KEY_MISSING);
        expect(cases[i].name, err.text, cases[i].part, cases[i].end);
        config_free(cfg);
    }
    value_free(settings);
}

/* ---- files ---- */

Test(lines, of_files, .timeout = 20)
{
    static const char name[] = "a-name-of-one-hundred-and-some-more-bytes-that-"
                               "is-as-long-as-one-would-have-to-be-and-a-bit-"
                               "more-than-that-to-be-sure-of-it";
    char *dir = tmpdir_new(), *path = temp_path(dir, name), *real = NULL;
    struct dc_error err;
    struct buf out;
    struct value *args = value_map();
    value_put(args, "project", value_text(dir));
    value_put(args, "cwd", value_text(dir));
    cr_expect_not(allow_path(args, name, &real, &err));
    expect("missing", err.text, "no file ", "; nothing was sent");
    cr_expect_not(allow_path(args, "/usr/../etc/./../etc/passwd", &real, &err));
    expect("outside", err.text, " is outside the project",
           "; nothing was sent");
    buf_init(&out, 4 * SOURCE_MAX);
    static const struct {
        const char *bytes;
        size_t len;
        const char *part;
    } files[] = {{"\0", 1, "sure-of-it is binary"},
                 {"\xff", 1, "sure-of-it is not UTF-8 text"},
                 {"a", 1, "sure-of-it has 1 line"}};
    for (size_t i = 0; i < COUNT(files); i++) {
        temp_write(path, files[i].bytes, files[i].len);
        cr_expect_not(
            source_read(path, name, (struct source_lines){7, 9}, &out, &err));
        expect("source", err.text, files[i].part, "; nothing was sent");
        buf_reset(&out);
    }
    buf_finish(&out);
    value_free(args);
    free(path);
    tmpdir_free(dir);
}
