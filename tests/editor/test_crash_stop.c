/* Standing still instead of dying: a stopped host must not hold up the editor,
 * a stopped editor must not fill up the host. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/proc.h"
#include "lib/tmpdir.h"
#include "lib/wreck.h"

TestSuite(crash_stop, .timeout = 120);

#ifdef __SANITIZE_ADDRESS__
#define GROWTH_MAX (64L << 20)
#else
#define GROWTH_MAX (8L << 20)
#endif

enum { CALLS = 200, SLOW_MS = 50, STUCK_MS = 5000 };

/* ---- the host ------------------------------------------------------------ */

/* Of many round trips nearly all are quick (the machine may be busy), and none
 * waits for the host. */
static void
expect_quick(struct ed *ed, const char *name)
{
    long long worst = 0;
    int slow = 0;
    for (int i = 0; i < CALLS; i++) {
        long long start = now_ms();
        ed_ex(ed, "call setline(line('$'), 'draft %d')", i);
        long long ms = now_ms() - start;
        worst = ms > worst ? ms : worst;
        slow += ms > SLOW_MS;
    }
    cr_expect(slow <= CALLS / 20 && worst < STUCK_MS,
              "%s: %d of %d slow, %lld ms", name, slow, CALLS, worst);
}

/* Also with a message that does not fit into the pipe. */
Test(crash_stop, host)
{
    struct wreck w;
    wreck_start(&w, "token Hello\nhold g\nwords 300\nfinish stop 3 5\ndone\n",
                "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_shows(&w, "Hello"));
    pid_t host = ed_host(w.ed);
    kill(host, SIGSTOP);
    server_release(w.sv, "g");
    ed_ex(w.ed, "call append('$', '')");
    expect_quick(w.ed, "host stopped");
    ed_ex(w.ed, "let g:first = bufnr('%%') | DeepChat!");
    ed_ex(w.ed, "call setline(line('$'), repeat('long ', 100000))");
    long long start = now_ms();
    ed_ex(w.ed, "DeepSend");
    cr_expect(now_ms() - start < STUCK_MS, "%lld ms", now_ms() - start);
    ed_ex(w.ed, "enew");
    expect_quick(w.ed, "and a large message sent");
    cr_expect_eq(ed_number(w.ed, "deepchat#buf#any_running()"), 1);
    kill(host, SIGCONT);
    cr_expect(wreck_idle(&w));
    ed_ex(w.ed, "execute 'buffer' g:first");
    char *reply = wreck_reply(&w), *sent = wreck_sent(&w, 1);
    cr_expect_str_eq(reply, sent);
    free(reply);
    free(sent);
    wreck_stop(&w);
}

/* ---- the editor ---------------------------------------------------------- */

/* In bytes; 0 where it cannot be known. */
static long
resident(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    char *text = temp_read(path, NULL);
    long total = 0, pages = 0;
    if (text != NULL)
        sscanf(text, "%ld %ld", &total, &pages);
    free(text);
    return pages * sysconf(_SC_PAGESIZE);
}

/* Until the server can write no more: nothing for half a second. */
static void
wait_until_full(struct server *sv)
{
    struct server_log log = {.wire = 0};
    uint64_t before = 1;
    long long still = now_ms(), end = now_ms() + WRECK_MS;
    while (now_ms() - still < 500 && now_ms() < end) {
        cr_assert(server_log(sv, 1, &log));
        if (log.wire != before)
            still = now_ms();
        before = log.wire;
        pause_ms(10);
    }
}

Test(crash_stop, editor)
{
    struct wreck w;
    wreck_start(
        &w, "token Hello\nhold g\nwords 400000\nfinish stop 3 5\ndone\n", "");
    wreck_ask(&w, "Say");
    cr_assert(wreck_shows(&w, "Hello"));
    pid_t host = ed_host(w.ed);
    long before = resident(host);
    kill(ed_pid(w.ed), SIGSTOP);
    server_release(w.sv, "g");
    wait_until_full(w.sv);
    long grown = resident(host) - before;
    cr_expect(!server_ended(w.sv, 1), "all of it was taken");
    cr_expect(grown < GROWTH_MAX, "%ld bytes", grown);
    kill(ed_pid(w.ed), SIGCONT);
    cr_assert(ed_wait(w.ed, 60000, "!deepchat#buf#any_running()"));
    wreck_expect_all(&w, "stopped");
    wreck_stop(&w);
}
