/* Says what this process may do, also where there is no /proc to read it from. */
#include "attack.h"
#include <linux/capability.h>
#include <sys/prctl.h>

int main(void) {
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[2] = { 0 };
    unsigned long long bounding = 0, ambient = 0;
    if (syscall(SYS_capget, &head, sets) < 0) return succeeded(-1);
    for (int number = 0; number < 64; number++) {
        if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) bounding |= 1ull << number;
        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1) ambient |= 1ull << number;
    }
#define SET(which) ((unsigned long long)sets[1].which << 32 | sets[0].which)
    printf("powers: effective %llx permitted %llx inheritable %llx bounding %llx ambient %llx",
           SET(effective), SET(permitted), SET(inheritable), bounding, ambient);
    printf(" filter %d no_new_privs %d\n", prctl(PR_GET_SECCOMP), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    return 0;
}
