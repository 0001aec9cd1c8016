/* Mounts a file system by mount(2). */
#include "../attack.h"
#include <sys/mount.h>
int main(void) {
    mkdir("/tmp/place", 0700);
    return succeeded(mount("none", "/tmp/place", "tmpfs", 0, ""));
}
