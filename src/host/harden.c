/* What a system does not have is done without: none of it is needed to work. */
#include "host/harden.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* The replies that may come in at once, each with a socket, a journal and a
 * lock, need less than half of these. */
enum { MAX_FILES = 1024 };

static void
limit_files(void)
{
    struct rlimit lim;
    if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
        return;
    lim.rlim_cur = MAX_FILES < lim.rlim_max ? MAX_FILES : lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);
}

static void
hide_memory(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
    /* LeakSanitizer needs ptrace, so the sanitizer build stays readable. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
#ifdef __linux__
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
}

/* What the editor had open is none of ours. One by one takes a quarter of a
 * millisecond, for which the first request would wait. */
static void
close_inherited(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 0U) == 0)
        return;
#endif
    for (int fd = 3; fd < MAX_FILES; fd++)
        close(fd);
}

void
harden_process(void)
{
    signal(SIGPIPE, SIG_IGN);
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN);
#endif
    umask(077);
    hide_memory();
    close_inherited();
    limit_files();
}

int
harden_take_stdout(void)
{
    int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (out >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    return out;
}
