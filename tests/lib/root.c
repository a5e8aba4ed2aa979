/* The capabilities are taken out of the effective set, or for programs to be
 * started out of the bounding set. */
#include "root.h"

#ifdef __linux__

#include <criterion/criterion.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned powers[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH};
enum { POWERS = sizeof powers / sizeof *powers };

static void
set_effective(bool on)
{
    struct __user_cap_header_struct head = {.version =
                                                _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2];
    if (geteuid() != 0)
        return;
    cr_assert_eq(syscall(SYS_capget, &head, sets), 0);
    for (size_t i = 0; i < POWERS; i++) {
        uint32_t bit = UINT32_C(1) << powers[i];
        sets[0].effective &= ~bit;
        if (on)
            sets[0].effective |= bit & sets[0].permitted;
    }
    cr_assert_eq(syscall(SYS_capset, &head, sets), 0);
}

void
root_off(void)
{
    set_effective(false);
}

void
root_on(void)
{
    set_effective(true);
}

void
root_off_below(void)
{
    for (size_t i = 0; geteuid() == 0 && i < POWERS; i++)
        cr_assert_eq(prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0), 0);
}

#else

void
root_off(void)
{
}

void
root_on(void)
{
}

void
root_off_below(void)
{
}

#endif
