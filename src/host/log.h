/* The log: one file, 0600, rotated at 1 MB (three are kept), with everything
 * that was named a secret cut out at its only exit. Off until log_open(). */
#ifndef HOST_LOG_H
#define HOST_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Append to path from now on. False if it cannot be opened. */
bool log_open(const char *path, enum log_level level);
void log_close(void);
/* Where it goes, "" while it is off. Borrowed. */
const char *log_path(void);
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Never let these bytes out again. Kept, in memory that is not dumped. */
void log_secret(const char *secret);
/* Cut the secrets out of text, in place. */
void log_redact(char *text);

#endif
