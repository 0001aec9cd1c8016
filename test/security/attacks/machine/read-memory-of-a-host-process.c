/* Reads the memory of a process of the machine, or of the sandbox's pid 1. */
#include "../attack.h"
int main(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/mem", victim());
    return succeeded(open(path, O_RDWR));
}
