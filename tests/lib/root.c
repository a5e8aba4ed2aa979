/* The capabilities are taken out of the effective set, or for programs to be
 * started out of those that exec() gives to root. */
#include "root.h"

#include <criterion/criterion.h>
#include <unistd.h>

#ifdef __linux__

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static const unsigned powers[] = {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH};
enum { POWERS = sizeof powers / sizeof *powers };

static void
get(struct __user_cap_header_struct *head, struct __user_cap_data_struct *sets)
{
    *head = (struct __user_cap_header_struct){.version =
                                                  _LINUX_CAPABILITY_VERSION_3};
    cr_assert_eq(syscall(SYS_capget, head, sets), 0);
}

static void
set_effective(bool on)
{
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct sets[2];
    if (geteuid() != 0)
        return;
    get(&head, sets);
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
    struct __user_cap_header_struct head;
    struct __user_cap_data_struct sets[2];
    if (geteuid() != 0)
        return;
    get(&head, sets);
    for (size_t i = 0; i < POWERS; i++) {
        sets[0].inheritable &= ~(UINT32_C(1) << powers[i]);
        if (prctl(PR_CAPBSET_READ, powers[i], 0, 0, 0) == 1 &&
            prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0) != 0)
            cr_skip_test("root may not give up what it may");
    }
    cr_assert_eq(syscall(SYS_capset, &head, sets), 0);
}

#else

void
root_off(void)
{
    if (geteuid() == 0)
        cr_skip_test("root cannot be as anybody here");
}

void
root_on(void)
{
}

void
root_off_below(void)
{
    root_off();
}

#endif
