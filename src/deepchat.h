/*
 * libdeepchat: the parts of DeepChat that need no editor and no network.
 *
 * Everything here is a function of its arguments. Nothing opens a file, reads
 * the clock or the environment, or keeps global state, so each piece can be
 * tested and fuzzed by itself. The host supplies bytes and carries out the
 * results.
 *
 * Conventions
 *   new/free      heap object; free(NULL) is a no-op
 *   feed/next     push bytes in, pull finished items out
 *   borrowed      valid until the next call on the same object
 *   owned         the caller frees it with the function named beside it
 *   kept          the callee copies what it needs before it returns
 *   bool          false means failure; *err says why, and err may be NULL
 * Running out of memory ends the process with status 71. Running over a size
 * limit is an ordinary failure (DC_E_TOO_BIG). An object that failed stays
 * failed. Text that comes out is valid UTF-8 without NUL.
 */
#ifndef DEEPCHAT_H
#define DEEPCHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DC_API __attribute__((visibility("default")))

/* Of the library and the host, for people. */
#define DC_VERSION "0.1.0"
/* Raised when plugin and host stop understanding each other: both check it. */
#define DC_PROTOCOL 1

/* Sizes, in bytes, that no input can pass. */
#define DC_EVENT_MAX ((size_t)4 << 20)    /* one server-sent event */
#define DC_REPLY_MAX ((size_t)16 << 20)   /* all text of one reply */
#define DC_REQUEST_MAX ((size_t)64 << 20) /* one request body, one chat */
#define DC_IMAGE_MAX ((size_t)20000000)   /* the file of one image */
#define DC_ERROR_BODY_MAX ((size_t)64 << 10)
#define DC_ARGUMENTS_MAX ((size_t)256 << 10) /* of one tool call */
#define DC_CALLS_MAX ((size_t)32)
#define DC_JSON_DEPTH_MAX 1000
/* A longer line is never a turn marker. */
#define DC_MARKER_MAX ((size_t)1024)

/* Bytes owned by somebody else. No NUL at the end; NULL if there are none. */
struct dc_str {
    const char *ptr;
    size_t len;
};

enum dc_code {
    DC_OK = 0,
    DC_E_SYNTAX,  /* input is not what the format allows */
    DC_E_TOO_BIG, /* a size limit was reached */
    DC_E_SERVER,  /* the API answered with an error object */
    DC_E_SYSTEM,  /* the system refused; only the host fails so */
};

/* Plain storage, so that reporting an error never allocates. */
struct dc_error {
    enum dc_code code;
    int http_status; /* 0 when no reply was involved */
    char text[256];  /* one line, for the user; never holds a secret */
};

/* What a pull function found. */
enum dc_step {
    DC_MORE, /* nothing complete yet: feed again */
    DC_ITEM, /* one item stored in *out: call again */
    DC_END,  /* the stream is finished */
    DC_FAIL, /* *err is set, and every later call fails the same way */
};

/* Free what this library returned as owned. */
DC_API void dc_free(void *owned);

/* DC_VERSION of the library that runs, which need not be this header's. */
DC_API const char *dc_version(void);

/* ---- server-sent events (core/sse.c) ----------------------------------- */

struct dc_sse;

struct dc_sse_event {
    struct dc_str name; /* "" unless the server sent an event: field */
    struct dc_str data; /* data: lines joined with "\n" */
};

/* At most limit bytes are held at once: one event, or one feed. */
DC_API struct dc_sse *dc_sse_new(size_t limit);
DC_API void dc_sse_free(struct dc_sse *sse);

/* Add bytes exactly as they came off the wire, split anywhere. */
DC_API bool dc_sse_feed(struct dc_sse *sse, struct dc_str bytes,
                        struct dc_error *err);

/* The body has ended: an event whose closing empty line is missing counts
 * (the standard drops it, but servers forget that line), then DC_END. */
DC_API void dc_sse_end(struct dc_sse *sse);

/* Take the next complete event. Its strings are borrowed. */
DC_API enum dc_step dc_sse_next(struct dc_sse *sse, struct dc_sse_event *out,
                                struct dc_error *err);

/* ---- response body -> text (core/stream.c) ------------------------------ */

/*
 * Reads the body of a chat-completions answer, whichever shape the server
 * chose: server-sent events, or one JSON object although a stream was asked
 * for (told apart by the first byte that is not blank). Every form of delta
 * in wire-contract order is understood: content as a string, null or parts;
 * reasoning_content, reasoning, reasoning_text, thinking parts and <think>
 * tags; tool calls in pieces; usage wherever it stands.
 *
 * The text that comes out is valid UTF-8 with LF line ends; a character, a
 * surrogate pair, a CR LF or a think tag cut between two chunks is held back
 * until it is whole. A closing think tag without an opening one is dropped at
 * the start of a reply; later it is text, as what came before it has left.
 */
struct dc_stream;

enum dc_delta_kind {
    DC_DELTA_TEXT,      /* a piece of the answer */
    DC_DELTA_REASONING, /* a piece of the reasoning before it */
};

struct dc_delta {
    enum dc_delta_kind kind;
    unsigned choice;    /* 0 unless n > 1 was asked for */
    struct dc_str text; /* borrowed, never empty */
};

enum dc_finish {
    DC_FINISH_NONE, /* no finish_reason was seen: the answer is cut */
    DC_FINISH_STOP,
    DC_FINISH_LENGTH,
    DC_FINISH_TOOL_CALLS,
    DC_FINISH_FILTER,
    DC_FINISH_CONTEXT, /* model_context_window_exceeded */
    DC_FINISH_OTHER,   /* ended for a reason of the server's own */
};

/* Counts as the server gave them; -1 where it gave none. */
struct dc_usage {
    double tokens_in;
    double tokens_out; /* reasoning too, also where a server leaves it out */
    double cached;
    double reasoning;
    double cost; /* USD */
};

/* What is known so far; complete once dc_stream_next() returned DC_END. */
struct dc_summary {
    enum dc_finish finish; /* of choice 0 */
    char finish_text[33];  /* as the server wrote it, cut */
    struct dc_usage usage;
    char model[129];       /* the model that answered, cut; "" unknown */
    char service_tier[33]; /* the tier that was used; "" unknown */
    size_t calls;          /* tool calls of choice 0 */
    size_t malformed;      /* events that were not JSON and were skipped */
    bool done_mark;        /* [DONE] was seen */
};

/* One tool call, whole only after DC_END. Borrowed. */
struct dc_call {
    struct dc_str id; /* made up as "call_N" if the server gave none */
    struct dc_str name;
    struct dc_str arguments; /* JSON text; "{}" if none came */
};

DC_API struct dc_stream *dc_stream_new(void);
DC_API void dc_stream_free(struct dc_stream *st);

/* Add bytes of the body, split anywhere; false once a limit is passed. */
DC_API bool dc_stream_feed(struct dc_stream *st, struct dc_str bytes,
                           struct dc_error *err);

/* The body has ended, well or not. */
DC_API void dc_stream_end(struct dc_stream *st);

/* Pull. DC_FAIL with DC_E_SERVER is an error object inside the answer: its
 * message is err->text, its numeric code (or 0) err->http_status; what came
 * before it has been delivered. */
DC_API enum dc_step dc_stream_next(struct dc_stream *st, struct dc_delta *out,
                                   struct dc_error *err);

DC_API const struct dc_summary *dc_stream_summary(const struct dc_stream *st);
/* The same with the finish of another choice, which has no calls. */
DC_API void dc_stream_choice(const struct dc_stream *st, unsigned choice,
                             struct dc_summary *out);
/* The event that carried the error, for dc_failure_read; "" without one. */
DC_API struct dc_str dc_stream_error_event(const struct dc_stream *st);
/* NULL past the end. */
DC_API const struct dc_call *dc_stream_call(struct dc_stream *st, size_t index);

/* ---- chat file <-> turns and messages (core/transcript.c) --------------- */

enum dc_role {
    DC_ROLE_SYSTEM,
    DC_ROLE_USER,
    DC_ROLE_ASSISTANT,
    DC_ROLE_REASONING,
    DC_ROLE_CONTEXT,
    DC_ROLE_CALL,
    DC_ROLE_TOOL,
    DC_ROLE_ALTERNATE,
    DC_ROLE_NOTE,
};

/* "user" and so on; never NULL. */
DC_API const char *dc_role_name(enum dc_role role);

struct dc_turn {
    enum dc_role role;
    struct dc_str pairs; /* " key=value key=value" as written, or "" */
    struct dc_str text;  /* content, un-escaped, structural blanks removed */
    size_t line;         /* of the marker, from 1; of the text if it has none */
    size_t last_line;    /* the last line that belongs to the turn */
};

/* One "key: value" line between the two "---" at the top. */
struct dc_field {
    struct dc_str key;
    struct dc_str value; /* blanks around it removed */
    size_t line;         /* from 1 */
};

/* A line of a user turn that stands for a picture: "![words](target)". */
struct dc_image {
    size_t at, len;       /* the line in the text of its message */
    struct dc_str target; /* a path or an address, as it is written there */
    /* Filled in by who reads the file; "": target is what is sent. */
    struct dc_str type; /* "image/png" */
    struct dc_str bytes;
};

/* What the model is sent: text of context turns stands in front of the user
 * text they belong to, neighbours of one role are joined with an empty line,
 * empty turns and alternate, note and reasoning turns are left out. */
struct dc_message {
    enum dc_role role;  /* system, user, assistant, call or tool */
    struct dc_str text; /* call: the arguments; tool: the result */
    struct dc_str id;   /* call, tool: value of id=, decoded */
    struct dc_str name; /* call: value of name=, decoded */
    /* user: lines of the text that are sent as pictures, in its order */
    const struct dc_image *images;
    size_t image_count;
};

struct dc_transcript;

/* Split a chat into turns. The text is kept; it may use LF or CRLF, and bytes
 * that are not UTF-8 and NULs become U+FFFD. Text before the first marker is a
 * user turn. Fails on a front matter line that is no "key: value" (err->text
 * names its number), on a front matter that is never closed, and over
 * DC_REQUEST_MAX bytes. */
DC_API bool dc_transcript_parse(struct dc_transcript **out, struct dc_str text,
                                struct dc_error *err);
DC_API void dc_transcript_free(struct dc_transcript *tr);

/* Borrowed for the life of the transcript; NULL past the end. */
DC_API const struct dc_turn *dc_transcript_turn(const struct dc_transcript *tr,
                                                size_t index);
DC_API const struct dc_field *
dc_transcript_field(const struct dc_transcript *tr, size_t index);

/* Lines the front matter takes, with both "---"; 0 if there is none. */
DC_API size_t dc_transcript_front_lines(const struct dc_transcript *tr);

/* The messages of turns 0 to last (included; past the end means all). Borrowed
 * until the next call. */
DC_API const struct dc_message *
dc_transcript_messages(struct dc_transcript *tr, size_t last, size_t *count);

/* "image/png", "image/jpeg", "image/webp" or "image/gif" by the first bytes of
 * a file; NULL if it is none of them. */
DC_API const char *dc_image_type(struct dc_str bytes);

/* Value of key in pairs, percent-decoded; owned (dc_free), NULL if absent. */
DC_API char *dc_pairs_get(struct dc_str pairs, const char *key);

/* One turn as it stands in a file: marker, empty line, escaped text, empty
 * line. pairs as in dc_turn. Owned (dc_free). Parsing what was printed gives
 * the same turn if text neither starts nor ends with a newline. */
DC_API char *dc_turn_print(enum dc_role role, struct dc_str pairs,
                           struct dc_str text, size_t *len);

/* " key=value" with the value percent-encoded where it must be; owned. */
DC_API char *dc_pair_print(const char *key, const char *value);

/* What one line of a buffer is. */
enum dc_line {
    DC_LINE_TEXT,
    DC_LINE_MARKER,  /* opens a turn; *role is set */
    DC_LINE_ESCAPED, /* reads as text with one "%" less */
};
DC_API enum dc_line dc_line_kind(struct dc_str line, enum dc_role *role);

/*
 * Escapes streamed text so that nothing in it can open a turn: a line that
 * would read as a marker, or as an escaped one, gets one more "%". The start
 * of a line is held back only while it may still become one.
 */
struct dc_escape;

DC_API struct dc_escape *dc_escape_new(void);
DC_API void dc_escape_free(struct dc_escape *esc);
/* The escaped text that is decided by now. final: nothing follows, decide the
 * rest. Borrowed. */
DC_API struct dc_str dc_escape_add(struct dc_escape *esc, struct dc_str text,
                                   bool final);

/* ---- messages and options -> request body (core/request.c) -------------- */

/* One top-level member of the request; value is JSON text. */
struct dc_param {
    const char *name;
    struct dc_str value;
};

/* How a server is asked to go on with an answer that was cut
 * (wire-contract 4.1). */
enum dc_form {
    DC_FORM_NONE,   /* an ordinary question */
    DC_FORM_LAST,   /* a last assistant message, nothing else */
    DC_FORM_FLAGS,  /* the same, with "add_generation_prompt": false and
                       "continue_final_message": true */
    DC_FORM_PREFIX, /* the same, with "prefix": true in that message */
    DC_FORM_TURN,   /* the answer, then a user message that asks for the rest */
};

struct dc_request {
    struct dc_str model;
    const struct dc_message *messages;
    size_t message_count;
    enum dc_form form;  /* how to go on with kept; NONE: kept is not read */
    struct dc_str kept; /* the answer so far, sent without the blanks at its
                           end (dc_seam_sent); stands behind the messages, so
                           none of them is its own copy */
    struct dc_str instruction;     /* how to go on, "" as it was; only
                                      DC_FORM_TURN can say it */
    bool stream;                   /* also asks for usage in the stream */
    bool no_usage;                 /* but not for that */
    const struct dc_param *params; /* sent as they are, in this order */
    size_t param_count;
    struct dc_str extra; /* JSON object merged last, "" for none */
};

/* The JSON body; owned (dc_free), NUL-terminated. NULL with *err if a value is
 * not JSON or the body is over DC_REQUEST_MAX. Field shapes: OpenAI chat
 * completions as DeepInfra documents them. */
DC_API char *dc_request_body(const struct dc_request *req, size_t *len,
                             struct dc_error *err);

/* ---- what went wrong (core/failure.c) ------------------------------------ */

/* How the transport ended. */
enum dc_net {
    DC_NET_OK,              /* a whole HTTP answer */
    DC_NET_NO_HOST,         /* name not found */
    DC_NET_DNS,             /* name lookup failed for now */
    DC_NET_REFUSED,         /* nothing listens there */
    DC_NET_CONNECT_TIMEOUT, /* no connection in time; detail: seconds */
    DC_NET_FIRST_BYTE_TIMEOUT,
    DC_NET_IDLE_TIMEOUT,
    DC_NET_TLS,      /* handshake failed; detail: the reason */
    DC_NET_TLS_CA,   /* certificate not trusted; detail: the reason */
    DC_NET_CA_FILE,  /* ca_file cannot be read; detail: the path */
    DC_NET_PROXY,    /* detail: what the proxy said */
    DC_NET_CLOSED,   /* closed or reset before the answer was whole */
    DC_NET_PROTOCOL, /* not HTTP, or broken HTTP; detail: the reason */
    DC_NET_TOO_BIG,  /* a header or the body passed a limit */
    DC_NET_OTHER,    /* detail: the reason */
};

/* What came back. All strings may be "". */
struct dc_response {
    enum dc_net net;
    struct dc_str detail;
    int status; /* 0 if none came */
    struct dc_str content_type;
    struct dc_str location;
    struct dc_str body; /* the first DC_ERROR_BODY_MAX bytes */
};

/* For the wording. Borrowed, NUL-terminated; NULL where unknown. */
struct dc_asked {
    const char *host;       /* "localhost:8080" */
    const char *model;      /* as sent */
    const char *key_source; /* "$DEEPINFRA_API_KEY", "api_key_cmd" */
    const char *key;        /* cut out of every text; never shown */
    bool loopback;
};

enum dc_fault {
    DC_FAULT_NETWORK,
    DC_FAULT_KEY,     /* 401, 403: missing or refused */
    DC_FAULT_FUNDS,   /* 402, insufficient_quota */
    DC_FAULT_MODEL,   /* no such model, or it cannot do that */
    DC_FAULT_PATH,    /* 404 that does not name the model, 3xx */
    DC_FAULT_RATE,    /* 429 */
    DC_FAULT_CONTEXT, /* the conversation is too long for the model */
    DC_FAULT_FIELD,   /* a request field was refused; see field */
    DC_FAULT_FORM,    /* the way a continuation was asked for; see dc_form */
    DC_FAULT_THINK,   /* a continuation is refused while reasoning is on */
    DC_FAULT_TOO_LARGE,
    DC_FAULT_SERVER,  /* 5xx */
    DC_FAULT_NOT_API, /* a web page or something else that is no API */
    DC_FAULT_OTHER,
};

struct dc_failure {
    enum dc_fault fault;
    bool retry;       /* may be asked again if no text has come yet */
    char field[64];   /* the request field that the server named, or "" */
    bool unknown;     /* it takes no such field, whatever the value */
    char line[256];   /* for the user: one line without "deepchat: " */
    char server[512]; /* the server's own words, one line, for the log */
};

/* Classify an answer that is not a reply (net not OK, or status not 200, or a
 * 200 that is no chat answer), or, with status 200 and the text of an error
 * event as body, an error inside a stream. Bodies: wire-contract 3.1-3.3. */
DC_API void dc_failure_read(struct dc_failure *out,
                            const struct dc_response *response,
                            const struct dc_asked *asked);

/* Milliseconds to wait before attempt number `attempt` (1 = first retry), or
 * -1 if waiting makes no sense. retry_after: seconds the server asked for,
 * negative if it did not; over 120 s means do not retry. random: 0 to 1.
 * min(0.5 s * 2^(attempt-1), 8 s) less up to a quarter, as the official SDKs.
 */
DC_API int dc_retry_wait(int attempt, double retry_after, double random);

/* Replace every occurrence of secret (8 bytes or more), and of pieces of 8 or
 * more of its bytes, in text by "***". In place; the text never grows. */
DC_API void dc_redact(char *text, const char *secret);

#ifdef __cplusplus
}
#endif

#include "deepchat_text.h"
#endif
