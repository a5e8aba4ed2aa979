/* Keys, kept until the process ends, in memory that is neither swapped nor
 * dumped where the system allows that. */
#ifndef HOST_KEY_H
#define HOST_KEY_H

#include <stdbool.h>

#include "deepchat.h"

#define KEY_MAX 4095

/* The key that was kept for a source, such as "$NAME"; NULL if none was. kept,
 * if not NULL, gets the source. Both are borrowed for the life of the process.
 */
const char *key_find(const char *source, const char **kept);

/* Keep the bytes, which hold no NUL, and have them cut out of the log. False if
 * they are too long, or there are too many keys. */
bool key_keep(const char *source, struct dc_str bytes, struct dc_error *err);

/* The key of a source was refused: do not find it any more. What was lent out
 * stays valid. */
void key_forget(const char *source);

/* Without one line end behind it, as files and programs put there. */
struct dc_str key_trim(struct dc_str bytes);

/* False, with a text that names shown, if key cannot stand in a header. */
bool key_check(struct dc_str key, const char *shown, struct dc_error *err);

/* Overwrite text, up to its NUL, in a way no compiler leaves out. */
void key_wipe(char *text);

#endif
