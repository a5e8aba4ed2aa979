/* Exhausted memory is not an error anybody can handle here: say so and go. */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_NO_MEMORY = 71 };

static void *
checked(void *ptr)
{
    if (ptr == NULL) {
        fputs("deepchat: out of memory\n", stderr);
        _Exit(EXIT_NO_MEMORY);
    }
    return ptr;
}

void *
mem_alloc(size_t size)
{
    return checked(calloc(1, size > 0 ? size : 1));
}

void *
mem_resize(void *old, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return checked(NULL);
    return checked(realloc(old, count * size > 0 ? count * size : 1));
}

char *
mem_copy(const char *bytes, size_t len)
{
    char *copy = mem_resize(NULL, len + 1, 1);
    if (len > 0)
        memcpy(copy, bytes, len);
    copy[len] = '\0';
    return copy;
}

char *
mem_str(const char *text)
{
    return mem_copy(text, strlen(text));
}
