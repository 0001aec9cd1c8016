/* Takes a new root directory while it stands outside of it, and walks up (chroot(2) warns of it). */
#include "../attack.h"
int main(void) {
    mkdir("/tmp/cell", 0700);
    int outside = open("/", O_RDONLY | O_DIRECTORY);
    if (outside < 0 || chroot("/tmp/cell") < 0 || fchdir(outside) < 0) return succeeded(-1);
    for (int level = 0; level < 64; level++) {
        if (chdir("..") < 0) return succeeded(-1);
    }
    if (chroot(".") < 0) return succeeded(-1);
    return succeeded(open(environment("HOST_FILE"), O_RDONLY));
}
