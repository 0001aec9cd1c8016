/* Enters the mount namespace of pid 1 or of a process of the machine. */
#include "../attack.h"
int main(void) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", victim());
    int namespace = open(path, O_RDONLY);
    return namespace < 0 ? succeeded(namespace) : succeeded(setns(namespace, 0));
}
