/* Takes a descriptor out of a process of the machine, or out of the sandbox's pid 1. */
#include "../attack.h"
int main(void) {
    int process = syscall(SYS_pidfd_open, victim(), 0);
    return process < 0 ? succeeded(process) : succeeded(syscall(SYS_pidfd_getfd, process, 0, 0));
}
