/* Pictures of a chat: which files may go, and what goes. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/ask.h"
#include "host/catalog.h"
#include "host/host.h"
#include "host/reply_ask.h"
#include "lib/root.h"
#include "lib/server.h"
#include "lib/tmpdir.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define PNG "\x89PNG\r\n\x1a\n"
#define PNG64 "data:image/png;base64,iVBORw0KGg"

static char *dir; /* chat/ and project/ in it, and what is outside */

static char *
place(const char *name)
{
    char *path = temp_path(dir, name);
    return path;
}

static void
put(const char *name, const char *bytes, size_t len)
{
    char *path = place(name);
    temp_write(path, bytes, len);
    free(path);
}

static void
make(const char *name, int (*how)(const char *path, mode_t mode), mode_t mode)
{
    char *path = place(name);
    cr_assert_eq(how(path, mode), 0);
    free(path);
}

/* A png of this size, which is a hole. */
static void
put_large(const char *name, size_t size)
{
    put(name, PNG, 8);
    char *path = place(name);
    cr_assert_eq(truncate(path, (off_t)size), 0);
    free(path);
}

static void
link_to(const char *name, const char *to)
{
    char *path = place(name), *target = place(to);
    cr_assert_eq(symlink(target, path), 0);
    free(path);
    free(target);
}

static void
setup(void)
{
    dir = tmpdir_new();
    make("chat", mkdir, 0700);
    make("project", mkdir, 0700);
    make("project/dir", mkdir, 0700);
    make("project/fifo", mkfifo, 0600);
    put("chat/a.png", PNG "a", 9);
    put("project/a.png", PNG "bb", 10);
    put("project/b.png", PNG, 8);
    put("project/named.png", "\xff\xd8\xff\xe0", 4);
    put("project/x y.gif", "GIF89a", 6);
    put("project/w.webp", "RIFF\0\0\0\0WEBP", 12);
    put("project/words.png", "just words\n", 11);
    put("project/empty.png", "", 0);
    put_large("project/full.png", DC_IMAGE_MAX);
    put_large("project/over.png", DC_IMAGE_MAX + 1);
    put("project/closed.png", PNG, 8);
    make("project/closed.png", chmod, 0);
    make("project/shut", mkdir, 0);
    put("secret.png", PNG, 8);
    put("listed.png", PNG, 8);
    link_to("project/out.png", "secret.png");
    link_to("project/nowhere.png", "nothing");
    root_off();
}

static void
teardown(void)
{
    root_on();
    tmpdir_free(dir);
}

TestSuite(picture, .init = setup, .fini = teardown, .timeout = 30);

static void
put_path(struct value *map, const char *key, const char *name)
{
    char *path = place(name);
    value_put(map, key, value_text(path));
    free(path);
}

static struct value *
message(const char *text, int line)
{
    struct value *settings = value_map(), *args = value_map();
    struct value *allowed = value_list();
    char *dir_real = realpath(dir, NULL);
    char *listed = temp_path(dir_real, "listed.png");
    value_add(allowed, value_text(listed));
    value_put(settings, "base_url", value_text("http://127.0.0.1:1/v1"));
    value_put(settings, "model", value_text("m"));
    value_put(args, "settings", settings);
    value_put(args, "text", value_text(text));
    value_put(args, "line", value_int(line));
    put_path(args, "file", "chat/x.deepchat.md");
    put_path(args, "cwd", "project");
    put_path(args, "project", "project");
    value_put(args, "allowed", allowed);
    free(listed);
    free(dir_real);
    return args;
}

/* The body of a request for text, or NULL with *err. It is made after all that
 * the ask borrowed from is gone, as a reply does it. */
static char *
body_of(const char *text, ask_fn *fill, int line, struct dc_error *err)
{
    struct ask ask = {.request.rounds = 0};
    struct value *args = message(text, line);
    struct reply_how how = {0};
    char *body = NULL;
    bool ok = fill(&ask, args, err);
    struct reply_request *request = &ask.request;
    request->messages = reply_messages(request);
    how.kept = request->kept;
    how.form = request->kept.len > 0 ? DC_FORM_LAST : DC_FORM_NONE;
    struct pictures *held = pictures_hold(request->pictures);
    char *kept = mem_copy(how.kept.ptr, how.kept.len);
    how.kept.ptr = kept;
    if (ask.free_own != NULL)
        ask.free_own(ask.own);
    value_free(args);
    if (ok)
        body = reply_body(request, &how, NULL, err);
    pictures_free(held);
    free((void *)(uintptr_t)request->messages);
    free(kept);
    config_free(request->cfg);
    ask_filter_free(&ask.filter);
    return body;
}

#define USER(parts) "{\"role\":\"user\",\"content\":[" parts "]}"
#define TEXT(text) "{\"type\":\"text\",\"text\":\"" text "\"}"
#define IMAGE(url)                                                             \
    "{\"type\":\"image_url\",\"image_url\":{\"url\":\"" url "\"}}"

/* clang-format off */
/* Chats whose pictures go, and their messages; or the line about one. */
static const struct {
    const char *name, *chat, *messages, *line;
} asks[] = {
    {"by its content, whatever its name",
        "![](named.png)\n![](x y.gif)\n![](w.webp)\n![](b.png)\n",
        USER(IMAGE("data:image/jpeg;base64,/9j/4A==") ","
             IMAGE("data:image/gif;base64,R0lGODlh") ","
             IMAGE("data:image/webp;base64,UklGRgAAAABXRUJQ") ","
             IMAGE(PNG64 "o=")), NULL},
    {"beside the chat first", "what?\n\n![](a.png)\n\nwhy?\n",
        USER(TEXT("what?") "," IMAGE(PNG64 "ph") "," TEXT("why?")), NULL},
    {"in more than one turn",
        "%% user\n\n![](a.png)\n\n%% assistant\n\nx\n\n%% user\n\ny\n\n"
        "![](b.png)\n",
        USER(IMAGE(PNG64 "ph")) ",{\"role\":\"assistant\",\"content\":\"x\"},"
        USER(TEXT("y") "," IMAGE(PNG64 "o=")), NULL},
    {"an address between two files",
        "![](b.png)\n![](HTTPS://h/x.png?a=b)\n![](a.png)\n",
        USER(IMAGE(PNG64 "o=") "," IMAGE("HTTPS://h/x.png?a=b") ","
             IMAGE(PNG64 "ph")), NULL},
    {"data as it is", "![](data:image/png;base64,AAAA)\n",
        USER(IMAGE("data:image/png;base64,AAAA")), NULL},
    {"one that was allowed", "![](../listed.png)\n", USER(IMAGE(PNG64 "o=")),
        NULL},
    {"none in a fence", "```\n![](secret.png)\n```\n",
        "{\"role\":\"user\",\"content\":\"```\\n![](secret.png)\\n```\"}", NULL},
    {"none in a context",
        "%% context from=x\n\n![](/etc/passwd)\n\n%% user\n\nhi\n",
        "{\"role\":\"user\",\"content\":\"![](/etc/passwd)\\n\\nhi\"}", NULL},

    {"words", "![](words.png)\n", NULL,
        "words.png is no png/jpg/webp/gif; nothing was sent"},
    {"empty", "![](empty.png)\n", NULL,
        "empty.png is empty; nothing was sent"},
    {"too large", "![](over.png)\n", NULL,
        "over.png is over 20 MB; nothing was sent"},
    {"a directory", "![](dir)\n", NULL,
        "dir is a directory; nothing was sent"},
    {"a FIFO", "![](fifo)\n", NULL,
        "fifo is no regular file; nothing was sent"},
    {"closed", "![](closed.png)\n", NULL,
        "closed.png: Permission denied; nothing was sent"},
    {"in a closed directory", "![](shut/a.png)\n", NULL,
        "shut/a.png: Permission denied; nothing was sent"},
    {"missing", "![](no.png)\n", NULL, "no file no.png; nothing was sent"},
    {"a link to nothing", "![](nowhere.png)\n", NULL,
        "no file nowhere.png; nothing was sent"},
    {"outside", "![](../secret.png)\n", NULL,
        "../secret.png is outside the project; nothing was sent"},
    {"a link that leads outside", "![](out.png)\n", NULL,
        "out.png is outside the project; nothing was sent"},
    {"the second one", "![](b.png)\n![](empty.png)\n", NULL,
        "empty.png is empty; nothing was sent"},
    {"in an earlier turn",
        "%% user\n\n![](empty.png)\n\n%% assistant\n\nx\n\n%% user\n\ny\n",
        NULL, "empty.png is empty; nothing was sent"},
    {"another scheme", "![](ftp://h/x.png)\n", NULL,
        "no file ftp://h/x.png; nothing was sent"},
    {"no address behind it", "![](https://)\n", NULL,
        "no file https://; nothing was sent"},
    {"more than a request holds",
        "![](full.png)\n![](full.png)\n![](full.png)\n", NULL,
        "the images have over 48 MB; nothing was sent"},
};
/* clang-format on */

static void
check(const char *name, char *body, const char *messages, const char *line,
      const struct dc_error *err)
{
    struct buf want;
    buf_init(&want, 1 << 20);
    buf_addf(&want,
             "{\"model\":\"m\",\"messages\":[%s],\"stream\":true,"
             "\"stream_options\":{\"include_usage\":true}}",
             messages != NULL ? messages : "");
    if (line != NULL)
        cr_expect_str_eq(err->text, line, "%s: %s", name, err->text);
    else
        cr_expect_str_eq(err->text, "", "%s: %s", name, err->text);
    cr_expect_eq(body == NULL, line != NULL, "%s", name);
    if (body != NULL && messages != NULL)
        cr_expect_str_eq(body, want.ptr, "%s:\n%s\n%s", name, body, want.ptr);
    dc_free(body);
    buf_finish(&want);
}

Test(picture, of_a_send)
{
    for (size_t i = 0; i < COUNT(asks); i++) {
        struct dc_error err = {.text = ""};
        char *body = body_of(asks[i].chat, ask_send, 0, &err);
        check(asks[i].name, body, asks[i].messages, asks[i].line, &err);
    }
}

/* What goes on goes on with the same pictures. */
Test(picture, of_an_answer_that_goes_on)
{
    static const char chat[] = "![](%s)\n\n%%%% assistant\n\nSo\n\n"
                               "%%%% user\n\n![](words.png)\n";
    struct dc_error err = {.text = ""};
    char text[120];
    snprintf(text, sizeof text, chat, "a.png");
    check(
        "it goes", body_of(text, ask_continue, 3, &err),
        USER(IMAGE(PNG64 "ph")) ",{\"role\":\"assistant\",\"content\":\"So\"}",
        NULL, &err);
    snprintf(text, sizeof text, chat, "fifo");
    check("it does not", body_of(text, ask_continue, 3, &err), NULL,
          "fifo is no regular file; nothing was sent", &err);
}

/* The largest there may be. Its holes are read as zeros. */
Test(picture, of_twenty_megabytes)
{
    struct dc_error err = {.text = ""};
    char *body = body_of("![](full.png)\n", ask_send, 0, &err);
    cr_assert_not_null(body, "%s", err.text);
    cr_expect_gt(strlen(body), DC_IMAGE_MAX / 3 * 4);
    cr_expect(strstr(body, PNG64 "oAAAA") != NULL);
    cr_expect(strstr(body, "AAAAA=\"}}]}],\"stream\"") != NULL);
    dc_free(body);
}

/* A line about a file fits into one of 80 columns. */
Test(picture, lines_are_short)
{
    const char *name = "project/a-long-name-for-a-picture.png";
    struct dc_error err = {.text = ""};
    put(name, "words", 5);
    body_of("![](a-long-name-for-a-picture.png)\n", ask_send, 0, &err);
    cr_expect_leq(strlen("deepchat: ") + strlen(err.text) - 2, 68, "%s",
                  err.text);
}

/* Somebody puts a link to what is outside into the place of a picture, and
 * takes it away again, all the time. */
static pid_t
swap_for_ever(const char *name)
{
    char *path = place(name), *link = place("project/link"),
         *picture = place("project/other.png"), *out = place("secret.png");
    pid_t pid = fork();
    while (pid == 0) {
        unlink(link);
        if (symlink(out, link) != 0 || rename(link, path) != 0 ||
            linkat(AT_FDCWD, picture, AT_FDCWD, link, 0) != 0 ||
            rename(link, path) != 0)
            _exit(1);
    }
    free(path);
    free(link);
    free(picture);
    free(out);
    return pid;
}

Test(picture, is_the_one_that_was_allowed)
{
    enum { TRIES = 3000 };
    int seen = 0, status;
    put("secret.png", PNG "secret", 14);
    put("project/other.png", PNG "bb", 10);
    pid_t pid = swap_for_ever("project/b.png");
    for (int i = 0; i < TRIES && seen < TRIES / 4; i++) {
        struct dc_error err = {.text = ""};
        char *body = body_of("![](b.png)\n", ask_send, 0, &err);
        seen += body != NULL;
        cr_assert(body == NULL || strstr(body, PNG64 "pzZWNyZXQ=") == NULL,
                  "after %d", i);
        cr_expect(body != NULL || strstr(err.text, "nothing was sent"), "%s",
                  err.text);
        dc_free(body);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    cr_expect(WIFSIGNALED(status));
    cr_expect_gt(seen, 0);
}

/* ---- models that read none ---- */

static void
on_listed(void *user, const struct model_info *models, size_t count,
          const char *line)
{
    (void)models;
    cr_assert_str_eq(line, "");
    *(size_t *)user = count;
}

/* The line about a picture for this model; "" if it goes. */
static const char *
line_of(struct host *host, const char *base_url, const char *model)
{
    static struct dc_error err;
    struct value *args = message("![](b.png)\n", 0);
    struct value *settings = value_get(args, "settings");
    struct ask ask = {.host = host};
    value_put(settings, "base_url", value_text(base_url));
    value_put(settings, "state_dir", value_text(dir));
    value_put(settings, "model", value_text(model));
    err.text[0] = '\0';
    ask_send(&ask, args, &err);
    ask.free_own(ask.own);
    config_free(ask.request.cfg);
    value_free(args);
    return err.text;
}

static void
list_models(struct host *host, const char *base_url)
{
    struct value *settings = value_map();
    struct config_sources sources = {.settings = settings};
    size_t count = 0;
    value_put(settings, "base_url", value_text(base_url));
    value_put(settings, "state_dir", value_text(dir));
    value_put(settings, "model", value_text("blind"));
    catalog_fetch(host->catalog, config_new(&sources, NULL), true, on_listed,
                  &count);
    for (int64_t end = loop_now() + 10000; count == 0 && loop_now() < end;)
        loop_turn(host->lp, 5);
    cr_assert_eq(count, 3);
    value_free(settings);
}

#define BLIND " cannot read images; :DeepModel or resend"

/* Once for a model: whoever says it again knows more than its list. */
Test(picture, for_a_model_that_reads_none)
{
    struct server *sv = server_start(NULL);
    struct host host = {.lp = loop_new()};
    struct http *http = http_new(host.lp);
    host.catalog = catalog_new(host.lp, http);
    server_script(sv, "v.models",
                  "json {\"data\":[{\"id\":\"blind\",\"tags\":[\"chat\"]},"
                  "{\"id\":\"eye\",\"tags\":[\"chat\",\"vision\"]},"
                  "{\"id\":\"who\"}]}\n");
    char *url = mem_str(server_url(sv, "v"));
    cr_expect_str_eq(line_of(&host, url, "blind"), "");
    list_models(&host, url);
    cr_expect_str_eq(line_of(&host, url, "blind"), "blind" BLIND);
    cr_expect_str_eq(line_of(&host, url, "eye"), "");
    cr_expect_str_eq(line_of(&host, url, "who"), "");
    cr_expect_str_eq(line_of(&host, url, "blind"), "");
    free(url);
    free(host.blind);
    catalog_free(host.catalog);
    http_free(http);
    loop_free(host.lp);
    server_stop(sv);
}
