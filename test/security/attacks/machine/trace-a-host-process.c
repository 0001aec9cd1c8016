/* Attaches to a process of the machine, or to the sandbox's pid 1. */
#include "../attack.h"
#include <sys/ptrace.h>
int main(void) {
    return succeeded(ptrace(PTRACE_SEIZE, victim(), 0, 0));
}
