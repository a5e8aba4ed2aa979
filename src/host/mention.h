/* References of the editor's in a text, like "@file:x": who has no editor only
 * sees that there is one. */
#ifndef HOST_MENTION_H
#define HOST_MENTION_H

#include "deepchat.h"

/* The first reference in the turn at index of tr that no context turn in front
 * of it stands for; "" if there is none. Where autoload/deepchat/reference.vim
 * looks closely, at code, this only looks at fences, quotes and backticks. */
struct dc_str mention_find(const struct dc_transcript *tr, size_t index);

#endif
