/* What the host is left with of what the editor had. */
#include "host/harden.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool
is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

/* 0, or which check failed. */
static int
check(void)
{
    static const int inherited[] = {3, 4, 64, 200};
    const size_t count = sizeof inherited / sizeof *inherited;
    for (size_t i = 0; i < count; i++)
        if (dup2(STDERR_FILENO, inherited[i]) < 0)
            return 1;
    harden_process();
    for (size_t i = 0; i < count; i++)
        if (is_open(inherited[i]))
            return 2;
    if (!is_open(0) || !is_open(1) || !is_open(2))
        return 3;
    if (umask(0) != 077)
        return 4;
    return open("/dev/null", O_RDONLY) == 3 ? 0 : 5;
}

Test(harden, inherits_no_files, .timeout = 20)
{
    int status = -1;
    pid_t pid = fork();
    cr_assert(pid >= 0);
    if (pid == 0)
        _exit(check());
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%x",
              (unsigned)status);
}
