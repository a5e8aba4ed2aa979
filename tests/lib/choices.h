/* Pieces of the server's scripts for answers with n > 1. */
#ifndef TEST_CHOICES_H
#define TEST_CHOICES_H

#define SAY(i, text)                                                           \
    "sse {\"choices\":[{\"index\":" #i ",\"delta\":{\"content\":\"" text       \
    "\"}}]}\n"
#define THINK(i, text)                                                         \
    "sse {\"choices\":[{\"index\":" #i                                         \
    ",\"delta\":{\"reasoning_content\":\"" text "\"}}]}\n"
#define END(i, why)                                                            \
    "sse {\"choices\":[{\"index\":" #i                                         \
    ",\"delta\":{},\"finish_reason\":\"" why "\"}]}\n"
#define USAGE "usage-chunk 10 5 0.001\ndone\n"
/* The end of three. */
#define ENDS END(0, "stop") END(1, "stop") END(2, "stop") USAGE

#endif
