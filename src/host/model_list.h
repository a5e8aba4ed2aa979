/* A list of models: who is in it, found by name. */
#ifndef HOST_MODEL_LIST_H
#define HOST_MODEL_LIST_H

#include "deepchat.h"
#include "host/catalog.h"

enum { MODELS_MAX = 20000, MODEL_NAME_MAX = 256, MODEL_TAGS_MAX = 200 };

/* What a server is asked beside its list. */
enum model_source {
    MODELS_PLAIN, /* nothing, or it is not known what */
    MODELS_LLAMA, /* llama.cpp: /props */
};

/* Zeroed: empty. Its items own their strings. */
struct model_list {
    struct model_info *items;
    size_t count, cap;
    enum model_source source;
    bool partial; /* there are more at the server */
};

void model_list_finish(struct model_list *list);
void model_list_copy(struct model_list *to, const struct model_list *from);

/* Nothing is known of it. */
void model_info_init(struct model_info *info);
/* Take what is known of it into the place of what is not. */
void model_info_fill(struct model_info *info, const struct model_info *more);

/* True if it is one: text without blanks that is not too long. */
bool model_name_ok(struct dc_str name);

/* The model in the list, new or a second time; name and tags are kept. The list
 * is out of order until it is sorted. */
void model_list_add(struct model_list *list, const struct model_info *info);
/* By name; of two with the same one stays. */
void model_list_sort(struct model_list *list);

/* Of a sorted list. NULL if there is none. */
struct model_info *model_list_get(const struct model_list *list,
                                  const char *name);
/* The one that answers to a name, as catalog_find(). */
struct model_info *model_list_find(const struct model_list *list,
                                   const char *name);
/* "deploy_id:ID" and "NAME:VERSION": no list need have them. */
bool model_name_special(const char *name);
/* True if the server looks for no model by name. */
bool model_list_any(const struct model_list *list);
/* What is in more is known better, except prices, but more has no new ones. */
void model_list_merge(struct model_list *list, const struct model_list *more);

/* Up to two names in the list that somebody who wrote name can have meant, the
 * nearest first; NULL where there is none. Borrowed from models. */
void model_near(const struct model_info *models, size_t count, const char *name,
                const char *near[2]);
/* "no model X; did you mean Y?". False if nothing is near. */
bool model_near_line(const struct model_info *models, size_t count,
                     const char *name, char *line, size_t size);

#endif
