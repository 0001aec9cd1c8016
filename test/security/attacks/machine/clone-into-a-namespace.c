/* Starts a process in a user namespace by clone(2). */
#include "../attack.h"
int main(void) {
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    return succeeded(child);
}
