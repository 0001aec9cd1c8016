/* Gives itself every capability. */
#include "../attack.h"
#include <linux/capability.h>
int main(void) {
    struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[2] = { 0 };
    if (syscall(SYS_capget, &head, sets) < 0) return succeeded(-1);
    sets[0].permitted |= 1u << CAP_SYS_ADMIN;
    sets[0].effective |= 1u << CAP_SYS_ADMIN;
    return succeeded(syscall(SYS_capset, &head, sets));
}
