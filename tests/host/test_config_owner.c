/* A key goes to the server that it stands beside, whatever else is set: every
 * combination of places against rules that are written down once more here. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "host/config.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What a dictionary says about a server, url and key by the letter of the
 * place: bit 0 its base_url, bit 1 its api_key_env. */
enum { URL = 1, KEY = 2, BOTH = URL | KEY };

/* NULL: chooses none. "": none, although a weaker place does. */
static const char *const settings_choose[] = {NULL, "e", "groq", "plain"};
static const char *const buffer_choose[] = {NULL, "e", "groq", ""};
static const char *const chat_choose[] = {NULL, "e", "groq"};
static const char *const argument_choose[] = {NULL, "e", "groq", ""};

struct combination {
    int settings, buffer, arguments; /* URL, KEY */
    int e, groq;                     /* the same in the entries */
    const char *by_settings, *by_buffer, *by_chat, *by_arguments;
};

static void
add_address(struct value *map, char place, int bits)
{
    char text[40];
    snprintf(text, sizeof text, "https://%c.example/v1", place);
    if (bits & URL)
        value_put(map, "base_url", value_text(text));
    snprintf(text, sizeof text, "KEY_OF_%c", place);
    if (bits & KEY) /* in one entry it is a program */
        value_put(map, place == 'x' ? "api_key_cmd" : "api_key_env",
                  value_text(text));
}

static struct value *
level(char place, int bits, const char *provider)
{
    struct value *map = value_map();
    add_address(map, place, bits);
    if (provider != NULL)
        value_put(map, "provider", value_text(provider));
    return map;
}

static struct value *
entries(const struct combination *c)
{
    struct value *all = value_map(), *plain = value_map();
    value_put(all, "e", level('e', c->e, NULL));
    value_put(all, "groq", level('x', c->groq, NULL));
    value_put(plain, "temperature", value_int(1));
    value_put(all, "plain", plain);
    return all;
}

static struct value *
argument_list(const struct combination *c)
{
    struct value *list = value_list(), *map = level('a', c->arguments, NULL);
    char text[80];
    if (c->by_arguments != NULL)
        value_put(map, "provider", value_text(c->by_arguments));
    for (size_t i = 0; i < map->count; i++) {
        snprintf(text, sizeof text, "++%s=%s", map->keys[i],
                 value_as_text(map->items[i], ""));
        value_add(list, value_text(text));
    }
    value_free(map);
    return list;
}

static struct config *
make(const struct combination *c)
{
    struct dc_error err = {.text = ""};
    struct dc_transcript *tr = NULL;
    char chat[60] = "";
    if (c->by_chat != NULL)
        snprintf(chat, sizeof chat, "---\nprovider: %s\n---\n", c->by_chat);
    cr_assert(dc_transcript_parse(&tr, str_of(chat), &err));
    struct value *settings = level('g', c->settings, c->by_settings);
    value_put(settings, "providers", entries(c));
    struct value *buffer = level('b', c->buffer, c->by_buffer);
    struct value *arguments = argument_list(c);
    struct config *cfg = config_new(
        &(struct config_sources){settings, buffer, tr, arguments}, &err);
    cr_assert_not_null(cfg, "%s", err.text);
    value_free(settings);
    value_free(buffer);
    value_free(arguments);
    dc_transcript_free(tr);
    return cfg;
}

/* ---- the rules ---- */

struct owner {
    const char *host, *key; /* key: the variable; NULL: none */
};

/* An entry with a server of its own; NULL in host: it has none. */
static struct owner
of_entry(const struct combination *c, const char *name)
{
    bool own_url = c->groq & URL;
    bool own_key = c->groq & KEY;
    if (strcmp(name, "e") == 0)
        return (struct owner){"e.example", c->e & KEY ? "KEY_OF_e" : NULL};
    if (strcmp(name, "groq") != 0)
        return (struct owner){NULL, NULL};
    return (struct owner){own_url ? "x.example" : "api.groq.com",
                          own_key   ? "KEY_OF_x"
                          : own_url ? NULL
                                    : "GROQ_API_KEY"};
}

/* The places outside of entries are one dictionary, stronger ones over weaker
 * ones; a base_url begins it anew. */
static void
lay(struct owner *o, int bits, const char *host, const char *key)
{
    if (bits & URL)
        *o = (struct owner){host, NULL};
    if (bits & KEY)
        o->key = key;
}

static struct owner
expected(const struct combination *c)
{
    const char *by[] = {c->by_settings, c->by_buffer, c->by_chat,
                        c->by_arguments};
    static const char *const hosts[] = {"g.example", "b.example", NULL,
                                        "a.example"};
    static const char *const keys[] = {"KEY_OF_g", "KEY_OF_b", NULL,
                                       "KEY_OF_a"};
    const int bits[] = {c->settings, c->buffer, 0, c->arguments};
    struct owner now = {"api.deepinfra.com", "DEEPINFRA_API_KEY"};
    struct owner entry = {NULL, NULL};
    int choice = 3;
    while (choice >= 0 && by[choice] == NULL)
        choice--;
    if (choice >= 0 && by[choice][0] != '\0')
        entry = of_entry(c, by[choice]);
    bool its = false; /* the server is the entry's */
    for (int i = 0; i < 4; i++) {
        bool chosen = i == choice && entry.host != NULL;
        if (chosen)
            now = entry;
        its = its || chosen;
        /* the commands' arguments are typed: an address there is meant */
        bool over = bits[i] & URL && (!chosen || i == 3);
        if (!its || over)
            lay(&now, bits[i], hosts[i], keys[i]);
        its = its && !over;
    }
    return now;
}

/* ---- */

static void
show(const struct combination *c, char *out, size_t size)
{
    snprintf(out, size, "g %d %s, b %d %s, chat %s, ++ %d %s, e %d, groq %d",
             c->settings, c->by_settings ? c->by_settings : "-", c->buffer,
             c->by_buffer ? c->by_buffer : "-", c->by_chat ? c->by_chat : "-",
             c->arguments, c->by_arguments ? c->by_arguments : "-", c->e,
             c->groq);
}

static void
check(const struct combination *c)
{
    const char *key, *source;
    char shown[200];
    struct config *cfg = make(c);
    struct owner want = expected(c);
    enum config_key found = config_key(cfg, &key, &source, NULL);
    if (found == KEY_COMMAND)
        key = config_key_command(cfg)[0];
    else if (found != KEY_FOUND)
        key = "none";
    show(c, shown, sizeof shown);
    cr_expect_str_eq(config_host(cfg), want.host, "%s: %s, not %s", shown,
                     config_host(cfg), want.host);
    cr_expect_str_eq(key, want.key != NULL ? want.key : "none",
                     "%s: %s to %s, not %s", shown, key, config_host(cfg),
                     want.key != NULL ? want.key : "none");
    config_free(cfg);
}

static void
check_choices(struct combination *c)
{
    for (size_t s = 0; s < COUNT(settings_choose); s++)
        for (size_t b = 0; b < COUNT(buffer_choose); b++)
            for (size_t i = 0; i < COUNT(chat_choose) * 4; i++) {
                c->by_settings = settings_choose[s];
                c->by_buffer = buffer_choose[b];
                c->by_chat = chat_choose[i / 4];
                c->by_arguments = argument_choose[i % 4];
                check(c);
            }
}

Test(config_owner, every_combination, .timeout = 60)
{
    static const char *const names[] = {"KEY_OF_g",     "KEY_OF_b",
                                        "KEY_OF_a",     "KEY_OF_e",
                                        "GROQ_API_KEY", "DEEPINFRA_API_KEY"};
    for (size_t i = 0; i < COUNT(names); i++)
        setenv(names[i], names[i], 1);
    unsetenv("DEEPINFRA_TOKEN");
    for (int places = 0; places < 64; places++)
        for (int groq = 0; groq <= BOTH; groq++)
            check_choices(&(struct combination){
                .settings = places & BOTH,
                .buffer = places >> 2 & BOTH,
                .arguments = places >> 4,
                .e = groq == URL ? URL : BOTH,
                .groq = groq,
            });
}
