/*
 * The options of one send: all places they can be set in, merged, and what
 * follows from them. A key and the URL it goes to come from the same place. The
 * only file that reads the environment.
 */
#ifndef HOST_CONFIG_H
#define HOST_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/value.h"
#include "deepchat.h"

struct provider;

/* Where options may be set, weakest first. All but settings may be NULL. */
struct config_sources {
    const struct value *settings; /* g:deepchat */
    const struct value *buffer;   /* b:deepchat */
    const struct dc_transcript *chat;
    const struct value *arguments; /* list of "name=value", those that a role
                                      chose as list of that, its name, line */
};

struct config;

/* Merge and check. NULL with *err: which option, where (front matter: line
 * number), what it got, what it takes, the nearest known name. */
struct config *config_new(const struct config_sources *sources,
                          struct dc_error *err);
/* The same options once more. */
struct config *config_copy(const struct config *cfg);
void config_free(struct config *cfg);

/* The merged value, or the table's default; NULL if unset. */
const struct value *config_get(const struct config *cfg, const char *name);
const char *config_text(const struct config *cfg, const char *name);
double config_number(const struct config *cfg, const char *name);
bool config_bool(const struct config *cfg, const char *name);

/* ".../chat/completions", whichever way base_url was written. */
const char *config_url(const struct config *cfg);
/* "host" or "host:port" of it, for messages. */
const char *config_host(const struct config *cfg);
bool config_loopback(const struct config *cfg);
/* What is known of the server; never NULL. */
const struct provider *config_provider(const struct config *cfg);
/* The endpoint for a request in this form. */
const char *config_form_url(const struct config *cfg, enum dc_form form);
/* "" if none is set and none is known for this URL. */
const char *config_model(const struct config *cfg);

/* The wire options that are set, "stream" and "model" left out. */
const struct dc_param *config_params(const struct config *cfg, size_t *count);
/* Send json as this wire option, whatever the option says. json is a JSON text
 * and taken (free). */
void config_set_param(struct config *cfg, const char *name, struct dc_str json);

/* Add a member to the option extra_body, unless it has one of that name. value
 * is taken. */
void config_add_extra(struct config *cfg, const char *name,
                      struct value *value);

enum config_key {
    KEY_FOUND,   /* *key and *source are set, borrowed */
    KEY_NONE,    /* this server is asked without a key */
    KEY_MISSING, /* err says what to set; nothing may be sent */
    KEY_COMMAND, /* run config_key_command(), give its output to
                    config_set_key(), ask again */
};

/* The environment variable is wiped once it was read, so that no child and no
 * core dump has it. A key with blanks or controls inside is refused. Plain
 * http:// to another machine with a key is refused, too. */
enum config_key config_key(struct config *cfg, const char **key,
                           const char **source, struct dc_error *err);
/* NULL-terminated argv, borrowed. */
char *const *config_key_command(struct config *cfg);
/* output of api_key_cmd, one trailing line end is dropped; remembered per
 * command until the process ends. */
bool config_set_key(struct config *cfg, struct dc_str output,
                    struct dc_error *err);

/* The server refused the key of api_key_cmd: run the command again for the next
 * request. A key from elsewhere stays. */
void config_forget_key(const struct config *cfg);

/* "$XDG_STATE_HOME/deepchat" and "$XDG_DATA_HOME/deepchat" or what the options
 * say; owned (free). NULL if there is no home directory to start from. */
char *config_state_dir(const struct config *cfg);
char *config_chat_dir(const struct config *cfg);

/* path with the home directory in the place of "~", if it is that or starts
 * with "~/"; owned (free). */
char *config_expand(struct dc_str path);

#endif
