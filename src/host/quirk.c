/*
 * Only members without which the question stays the same question: how words
 * are drawn, how much is thought, what it costs, what is counted. Not the text
 * that ends a reply, nor tools, nor formats; and a limit is never dropped.
 */
#include "host/quirk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/options.h"

enum { LINE_CELLS = 58 };

static const struct {
    const char *name;
    const char *other; /* what it is called elsewhere */
} fields[] = {
    {"max_tokens", "max_completion_tokens"},
    {"max_completion_tokens", "max_tokens"},
    {"stream_options", NULL},
    {"temperature", NULL},
    {"top_p", NULL},
    {"top_k", NULL},
    {"min_p", NULL},
    {"repetition_penalty", NULL},
    {"presence_penalty", NULL},
    {"frequency_penalty", NULL},
    {"seed", NULL},
    {"n", NULL},
    {"service_tier", NULL},
    {"fail_fast", NULL},
    {"reasoning_effort", NULL},
    {"reasoning", NULL},
    {"thinking", NULL},
    {"chat_template_kwargs", NULL},
    {"prompt_cache_key", NULL},
    {"logprobs", NULL},
    {"top_logprobs", NULL},
    {"logit_bias", NULL},
    {"user", NULL},
    {"store", NULL},
    {"metadata", NULL},
};

enum { COUNT = sizeof fields / sizeof *fields };
_Static_assert(sizeof fields / sizeof *fields <= QUIRKS_MAX, "one bit each");

/* COUNT if there is none. */
static size_t
find(const char *name)
{
    size_t i = 0;
    while (i < COUNT && strcmp(fields[i].name, name) != 0)
        i++;
    return i;
}

static uint32_t
bit(size_t i)
{
    return (uint32_t)1 << i;
}

uint32_t
quirk_bit(const char *name)
{
    size_t i = find(name);
    return i < COUNT ? bit(i) : 0;
}

const char *
quirk_other(const char *name)
{
    size_t i = find(name);
    return i < COUNT ? fields[i].other : NULL;
}

void
quirks_finish(struct quirks *q)
{
    for (size_t i = 0; i < QUIRKS_MAX; i++)
        free(q->values[i]);
    *q = (struct quirks){0};
}

/* ---- what was refused ---- */

static bool
is_known(const struct quirks *q, size_t i, const char *value)
{
    if (q->always & bit(i))
        return true;
    return value != NULL && q->values[i] != NULL &&
           strcmp(q->values[i], value) == 0;
}

bool
quirk_learn(struct quirks *q, const char *name, const char *value)
{
    size_t i = find(name);
    if (i == COUNT || is_known(q, i, value))
        return false;
    if (value == NULL) {
        q->always |= bit(i);
        if (fields[i].other != NULL) /* one name is the right one */
            q->always &= ~quirk_bit(fields[i].other);
    } else {
        free(q->values[i]);
        q->values[i] = mem_str(value);
    }
    return true;
}

uint32_t
quirk_match(const struct quirks *q, const struct members *m)
{
    uint32_t bits = q->always;
    for (size_t i = 0; i < COUNT; i++) {
        if (q->values[i] == NULL)
            continue;
        char *value = members_get(m, fields[i].name);
        if (value != NULL && is_known(q, i, value))
            bits |= bit(i);
        free(value);
    }
    return bits;
}

void
quirk_fit(uint32_t bits, struct members *m)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (!(bits & bit(i)))
            continue;
        if (fields[i].other != NULL)
            members_rename(m, fields[i].name, fields[i].other);
        else
            members_drop(m, fields[i].name);
    }
}

uint32_t
quirk_carried(uint32_t bits, const struct members *m)
{
    uint32_t found = 0;
    for (size_t i = 0; i < COUNT; i++) {
        char *value = bits & bit(i) ? members_get(m, fields[i].name) : NULL;
        found |= value != NULL ? bit(i) : 0;
        free(value);
    }
    return found;
}

/* ---- telling ---- */

void
quirk_line(char *out, size_t size, const char *server, const char *name)
{
    char said[LINE_CELLS];
    const char *other = quirk_other(name);
    bool brief = strlen(server) + strlen(name) > LINE_CELLS - 27;
    if (other != NULL)
        snprintf(said, sizeof said, " wants %s; asked so", other);
    else
        snprintf(said, sizeof said, " refuses %s; %s", name,
                 brief ? "left out" : "asked without it");
    size_t room = LINE_CELLS - strlen(said);
    if (strlen(server) > room)
        snprintf(out, size, "%.*s...%s", (int)room - 3, server, said);
    else
        snprintf(out, size, "%s%s", server, said);
}

void
quirk_list(char *out, size_t size, const char *server, uint32_t bits)
{
    struct buf line;
    size_t count = 0;
    buf_init(&line, 1024);
    for (size_t i = 0; i < COUNT; i++)
        if ((bits & bit(i)) && fields[i].other == NULL)
            buf_addf(&line, "%s%s", count++ > 0 ? ", " : "", fields[i].name);
    if (line.len > LINE_CELLS / 2 + 8) {
        buf_reset(&line);
        buf_addf(&line, "%zu options", count);
    }
    buf_addf(&line, " %s not sent to ", count > 1 ? "are" : "is");
    option_show(&line, str_of(server), LINE_CELLS - line.len);
    snprintf(out, size, "%s", count > 0 ? line.ptr : "");
    buf_finish(&line);
}
