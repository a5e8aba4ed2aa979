/*
 * All keys live in one mapping, a slot each, so that one mlock() and one
 * MADV_DONTDUMP cover them. Slots are never given back: what was lent out stays
 * valid.
 */
#include "host/key.h"

#include <string.h>
#include <sys/mman.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "host/log.h"
#include "host/options.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

enum { SLOTS = 16 };

static char (*slots)[KEY_MAX + 1];
static char *sources[SLOTS];
static bool refused[SLOTS];

static bool
map_slots(void)
{
    size_t size = SLOTS * sizeof *slots;
    if (slots != NULL)
        return true;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    /* both are worth having, neither is worth failing for */
    (void)mlock(memory, size);
#ifdef MADV_DONTDUMP
    (void)madvise(memory, size, MADV_DONTDUMP);
#endif
    slots = memory;
    return true;
}

/* The slot of source, else the first free one, else SLOTS. */
static size_t
slot_of(const char *source)
{
    size_t i = 0;
    while (i < SLOTS && sources[i] != NULL && strcmp(sources[i], source) != 0)
        i++;
    return i;
}

const char *
key_find(const char *source, const char **kept)
{
    size_t i = slot_of(source);
    if (i == SLOTS || sources[i] == NULL || refused[i])
        return NULL;
    if (kept != NULL)
        *kept = sources[i];
    return slots[i];
}

bool
key_keep(const char *source, struct dc_str bytes, struct dc_error *err)
{
    if (bytes.len > KEY_MAX)
        return fail(err, DC_E_TOO_BIG, "a key is over %d bytes", KEY_MAX);
    size_t i = slot_of(source);
    if (i == SLOTS || !map_slots())
        return fail(err, DC_E_TOO_BIG, "more than %d keys", SLOTS);
    if (sources[i] == NULL)
        sources[i] = mem_str(source);
    memset(slots[i], 0, sizeof slots[i]);
    if (bytes.len > 0)
        memcpy(slots[i], bytes.ptr, bytes.len);
    refused[i] = false;
    log_secret(slots[i]);
    return true;
}

void
key_forget(const char *source)
{
    size_t i = slot_of(source);
    if (i < SLOTS)
        refused[i] = true;
}

struct dc_str
key_trim(struct dc_str bytes)
{
    if (bytes.len > 0 && bytes.ptr[bytes.len - 1] == '\n')
        bytes.len--;
    if (bytes.len > 0 && bytes.ptr[bytes.len - 1] == '\r')
        bytes.len--;
    return bytes;
}

bool
key_check(struct dc_str key, const char *shown, struct dc_error *err)
{
    size_t i = 0;
    while (i < key.len && key.ptr[i] >= '!' && key.ptr[i] <= '~')
        i++;
    if (i == key.len)
        return true;
    struct buf name;
    buf_init(&name, 64);
    option_show(&name, str_of(shown), 19);
    fail(err, DC_E_SYNTAX, "key from %s holds a blank or control byte",
         name.ptr);
    buf_finish(&name);
    return false;
}

void
key_wipe(char *text)
{
    for (volatile char *p = text; *p != '\0'; p++)
        *p = '\0';
}
