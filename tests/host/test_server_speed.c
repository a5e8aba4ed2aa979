/*
 * The scripted server as a clock: flat out it must be faster than any client,
 * paced streams must keep their times, many connections must not disturb each
 * other. The limits leave room for a busy machine; the figures are printed.
 */
#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../lib/proc.h"
#include "../lib/server.h"

TestSuite(server_speed, .timeout = 60);

#define STREAMS 64

static int
ask(struct server *sv, const char *script)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    at.sin_port = htons((uint16_t)server_port(sv));
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cr_assert_eq(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    char head[128];
    int len = snprintf(head, sizeof head,
                       "POST /s/%s/v1/chat/completions HTTP/1.1\r\n"
                       "Content-Length: 0\r\n\r\n",
                       script);
    proc_write(fd, head, (size_t)len);
    return fd;
}

/* Read all streams to their ends; returns the bytes. */
static size_t
drain(const int *fds, size_t count)
{
    static char piece[1 << 18];
    struct pollfd polls[STREAMS];
    size_t bytes = 0, open = count;
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){fds[i], POLLIN, 0};
    while (open > 0) {
        cr_assert_gt(poll(polls, (nfds_t)count, 20000), 0);
        for (size_t i = 0; i < count; i++) {
            if (polls[i].revents == 0)
                continue;
            ssize_t n = recv(polls[i].fd, piece, sizeof piece, 0);
            cr_assert_geq(n, 0);
            bytes += (size_t)n;
            if (n == 0) {
                close(polls[i].fd);
                polls[i].fd = -1;
                open--;
            }
        }
    }
    return bytes;
}

Test(server_speed, flat_out)
{
    enum { TOKENS = 300000 };
    struct server *sv = server_start(NULL);
    server_script(sv, "flat", "words 300000\nfinish stop auto\ndone\nclose");
    int fd = ask(sv, "flat");
    size_t bytes = drain(&fd, 1);
    struct server_log log;
    cr_assert(server_log(sv, 1, &log));
    double rate = TOKENS / ((double)(log.end - log.ready) / 1e6);
    printf("flat out: %.2f M events/s, %zu bytes an event\n", rate / 1e6,
           bytes / TOKENS);
    cr_expect_gt(rate, 300e3);
    cr_expect_eq(log.wire, bytes);
    size_t len, want_len;
    char *sent = server_sent(sv, 1, &len);
    char *want = server_words(TOKENS, &want_len);
    cr_expect_eq(len, want_len);
    cr_expect_eq(memcmp(sent, want, len), 0);
    cr_expect_eq(log.tokens, (size_t)TOKENS);
    free(sent);
    free(want);
    server_stop(sv);
}

/* True if not half of the tokens are later than limit, in microseconds. */
static bool
keeps_pace(struct server *sv, size_t streams, double rate, double limit)
{
    size_t late = 0, all = 0;
    double worst = 0;
    for (size_t i = 1; i <= streams; i++) {
        size_t count;
        uint64_t *times = server_times(sv, i, &count);
        for (size_t t = 0; t < count; t++) {
            double by = (double)(times[t] - times[0]) - (double)t * 1e6 / rate;
            cr_assert_gt(by, -1000.0, "token %zu of %zu too early", t, i);
            late += by > limit;
            worst = by > worst ? by : worst;
        }
        all += count;
        free(times);
    }
    printf("%zu x %.0f tokens/s: %zu of %zu later than %.0f us, worst %.0f\n",
           streams, rate, late, all, limit, worst);
    return late < all / 2;
}

Test(server_speed, keeps_the_pace)
{
    static const struct {
        const char *script;
        double rate;
        size_t streams, tokens;
    } runs[] = {
        {"words 40 100\nclose", 100, 1, 40},
        {"words 400 1000\nclose", 1000, 1, 400},
        {"words 20 50\nclose", 50, 32, 20},
        {"text 500 one two  three,\\nfour\\n\\nfive\nclose", 500, 4, 5},
    };
    struct server *sv = server_start(NULL);
    for (size_t r = 0; r < sizeof runs / sizeof *runs; r++) {
        bool kept = false;
        /* a machine that is busy with something else gets more time */
        for (double limit = 1000; !kept && limit <= 16000; limit *= 2) {
            int fds[STREAMS];
            server_reset(sv);
            server_script(sv, "pace", runs[r].script);
            for (size_t i = 0; i < runs[r].streams; i++)
                fds[i] = ask(sv, "pace");
            drain(fds, runs[r].streams);
            struct server_log log;
            cr_assert(server_log(sv, 1, &log));
            cr_expect_eq(log.tokens, runs[r].tokens);
            kept = keeps_pace(sv, runs[r].streams, runs[r].rate, limit);
        }
        cr_expect(kept, "%s", runs[r].script);
    }
    server_stop(sv);
}

Test(server_speed, sixty_four_at_once)
{
    struct server *sv = server_start(NULL);
    server_script(sv, "many", "token a\nhold g\nwords 500\nclose");
    int fds[STREAMS];
    for (size_t i = 0; i < STREAMS; i++)
        fds[i] = ask(sv, "many");
    cr_assert(server_wait_held(sv, "g", STREAMS, 10000));
    server_release(sv, "g");
    drain(fds, STREAMS);
    cr_expect_eq(server_connections(sv), (size_t)STREAMS);
    size_t want_len;
    char *want = server_words(500, &want_len);
    for (size_t i = 1; i <= STREAMS; i++) {
        size_t len;
        char *sent = server_sent(sv, i, &len);
        cr_expect_eq(len, want_len + 1);
        cr_expect_str_eq(sent + 1, want);
        free(sent);
    }
    free(want);
    server_stop(sv);
}
