/* Memory that cannot run out: exhaustion ends the process (DESIGN 4). */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed; owned (free). */
void *mem_alloc(size_t size);
/* Room for count items of size bytes, keeping what old held; owned (free). */
void *mem_resize(void *old, size_t count, size_t size);
/* Copies with a NUL added; owned (free). */
char *mem_copy(const char *bytes, size_t len);
char *mem_str(const char *text);

#endif
