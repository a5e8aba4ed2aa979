/* In which order the parts come and go. */
#include "host/host.h"

#include <stdlib.h>

#include "host/catalog.h"
#include "host/chat.h"
#include "host/clipboard.h"
#include "host/context.h"
#include "host/form.h"
#include "host/inspect.h"
#include "host/journal.h"
#include "host/lock.h"
#include "host/resume.h"
#include "host/review.h"
#include "host/usage.h"

/* Tokens that are read when they can be shown do not wait in between. */
static void
on_frame(void *user, int64_t at_us)
{
    http_look_at(user, at_us);
}

void
host_init(struct host *host, struct loop *lp, struct http *http,
          struct editor *editor)
{
    *host = (struct host){
        .lp = lp,
        .http = http,
        .editor = editor,
        .writer = writer_new(lp, editor),
        .locks = locks_new(),
        .forms = forms_new(),
        .catalog = catalog_new(lp, http),
        .foreign = true,
    };
    host->usage = usage_new(lp, host->catalog);
    host->inspect = inspect_new(host);
    host->chats = chats_new(host);
    host->reviews = reviews_new(host);
    host->resume = resume_new(host);
    host->clipboard = clipboard_new(host);
    host->contexts = contexts_new(host);
    writer_on_frame(host->writer, on_frame, http);
}

void
host_editor_gone(struct host *host)
{
    host->editor = NULL;
    writer_detach(host->writer);
    chats_detach(host->chats);
    reviews_detach(host->reviews);
    locks_drop_all(host->locks);
    host_rest(host);
}

void
host_stop(struct host *host, int64_t id)
{
    chats_stop(host->chats, id);
    reviews_stop(host->reviews, id);
    contexts_stop(host->contexts, id);
}

void
host_rest(struct host *host)
{
    if (chats_running(host->chats) + reviews_running(host->reviews) == 0)
        loop_stop(host->lp);
}

void
host_finish(struct host *host, int ms)
{
    chats_free(host->chats);
    reviews_free(host->reviews);
    resume_free(host->resume);
    contexts_free(host->contexts);
    clipboard_free(host->clipboard);
    free(host->blind);
    journal_flush(ms);
    locks_free(host->locks);
    inspect_free(host->inspect);
    /* who still waits for a list is told, and looks at what is below */
    catalog_free(host->catalog);
    forms_free(host->forms);
    usage_free(host->usage);
    writer_free(host->writer);
}
