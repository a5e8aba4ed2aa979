/* What :DeepHealth and --check tell: a line for each fact. */
#include "host/check.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/config_case.h"
#include "lib/host_rig.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))

TestSuite(check, .timeout = 30);

static struct host_rig rig;
static struct buf told; /* "level text\n"... */
static int times;

static void
on_checked(void *user, const struct value *lines)
{
    const struct value *line;
    cr_assert_eq(user, &rig);
    times++;
    for (size_t i = 0; (line = value_at(lines, i)) != NULL; i++)
        buf_addf(&told, "%s %s\n", value_as_text(value_at(line, 0), "?"),
                 value_as_text(value_at(line, 1), "?"));
}

static void
start(void)
{
    host_rig_start(&rig);
    buf_init(&told, 1 << 16);
    times = 0;
}

static void
stop(void)
{
    buf_finish(&told);
    host_rig_stop(&rig);
}

/* more: settings behind those that every case has. */
static void
check(const char *path, const char *more)
{
    char settings[8192];
    snprintf(settings, sizeof settings,
             "{\"base_url\":\"%s%s\",\"state_dir\":\"%s\",\"chat_dir\":\"%s\""
             "%s%s}",
             server_url(rig.sv, "t"), path, rig.dir, rig.dir,
             more[0] != '\0' ? "," : "", more);
    buf_reset(&told);
    times = 0;
    check_start(rig.lp, rig.http, config_of(settings), "", on_checked, &rig);
    cr_expect_eq(times, 0, "not before it returns");
    HOST_UNTIL(&rig, times > 0, 10000);
    cr_assert_eq(times, 1);
}

/* clang-format off */
static const struct {
    const char *settings, *script; /* of /models */
    const char *says;              /* what stands in the lines */
} rows[] = {
    {"", "json {\"data\":[]}\n", "ok settings are valid\n"},
    {"", "json {\"data\":[]}\n", "ok host " DC_VERSION "\n"},
    {"", "json {\"data\":[]}\n", "ok library " DC_VERSION "\n"},
    {"", "json {\"data\":[]}\n", "ok libcurl/"},
    {"", "json {\"data\":[]}\n", " answers\n"},
    {"", "json {\"data\":[]}\n", "info model: not set; "},
    {"", "json {\"data\":[]}\n", "info key: none, and this server"},
    {"\"model\":\"m\"", "json {\"data\":[]}\n", "ok model: m\n"},
    {"\"api_key_cmd\":[\"no-such-program\"]", "json {\"data\":[]}\n",
     "info key: from api_key_cmd, run at the first request\n"},
    {"\"api_key_env\":\"CHECK_KEY\"", "json {\"data\":[]}\n",
     "ok key: $CHECK_KEY\n"},
    {"", "status 404\njson {}\n", "answers with status 404\n"},
    {"", "status 404\njson {}\n", "warn server: 127.0.0.1:"},
};
/* clang-format on */

Test(check, facts)
{
    start();
    for (size_t i = 0; i < COUNT(rows); i++) {
        setenv("CHECK_KEY", "sk-check", 1);
        server_script(rig.sv, "t.models", rows[i].script);
        check("", rows[i].settings);
        cr_expect(strstr(told.ptr, rows[i].says) != NULL,
                  "%s is missing in\n%s", rows[i].says, told.ptr);
        cr_expect(strstr(told.ptr, "sk-check") == NULL);
    }
    stop();
}

Test(check, no_settings)
{
    start();
    check_start(rig.lp, rig.http, NULL, "why not", on_checked, &rig);
    HOST_UNTIL(&rig, times > 0, 10000);
    cr_expect(strstr(told.ptr, "error why not\n") != NULL, "%s", told.ptr);
    cr_expect(strstr(told.ptr, "server") == NULL);
    stop();
}

Test(check, a_place_that_cannot_be_written)
{
    start();
    check("", "\"chat_dir\":\"/dev/null/chats\"");
    cr_expect(strstr(told.ptr, "error cannot write to /dev/null/chats\n"), "%s",
              told.ptr);
    stop();
}

/* As long as addresses may be, the whole of it is asked. */
Test(check, a_long_address)
{
    enum { LONGEST = 2048 };
    char path[LONGEST + 1];
    start();
    size_t len = LONGEST - strlen(server_url(rig.sv, "t"));
    memset(path, 'x', len);
    memcpy(path, "/v1/", 4);
    path[len] = '\0';
    check(path, "");
    char *log = server_get(rig.sv, "/others", NULL);
    cr_assert_not_null(log);
    cr_expect(strstr(log, "xx/models ") != NULL, "%s", log);
    free(log);
    stop();
}
