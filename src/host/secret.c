/*
 * The secrets, in one block that is neither swapped out nor dumped. A long one
 * takes several places: dc_redact() finds pieces, too. When all places are
 * taken the oldest goes, as it is the least likely to be in use.
 */
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"
#include "deepchat.h"
#include "host/log.h"

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

enum { SECRETS = 16, SECRET_SIZE = 2048 };

static char (*secrets)[SECRET_SIZE];
static unsigned newest;

static void
reserve(void)
{
    size_t size = (size_t)SECRETS * SECRET_SIZE;
    secrets = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secrets == MAP_FAILED) {
        secrets = mem_alloc(size);
        return;
    }
    /* both are extra: the limits of a system may forbid them */
    (void)mlock(secrets, size);
#ifdef MADV_DONTDUMP
    (void)madvise(secrets, size, MADV_DONTDUMP);
#endif
}

static void
add(const char *piece, size_t len)
{
    for (int i = 0; i < SECRETS; i++)
        if (strlen(secrets[i]) == len && memcmp(secrets[i], piece, len) == 0)
            return;
    char *place = secrets[newest++ % SECRETS];
    memset(place, 0, SECRET_SIZE);
    memcpy(place, piece, len);
}

void
log_secret(const char *secret)
{
    if (secrets == NULL)
        reserve();
    for (size_t left = strlen(secret); left > 0;) {
        size_t len = left < SECRET_SIZE - 1 ? left : SECRET_SIZE - 1;
        add(secret, len);
        secret += len;
        left -= len;
    }
}

void
log_redact(char *text)
{
    for (int i = 0; secrets != NULL && i < SECRETS; i++)
        if (secrets[i][0] != '\0')
            dc_redact(text, secrets[i]);
}
