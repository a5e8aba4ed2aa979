/* Carries out a script on a connection. */
#ifndef SERVER_PLAY_H
#define SERVER_PLAY_H

#include "conn.h"

/* Begin an answer; the script is taken. The request must still be there. */
void play_start(struct conn *c, struct script *sc);
void play_finish(struct conn *c);

/* Queue what is due. True if it stopped only because enough is queued. */
bool play_run(struct conn *c);

/* The next token of a text: blanks, then at most 16 bytes of a word, never
 * cutting a character. */
struct dc_str play_token(struct dc_str text, size_t at);

#endif
