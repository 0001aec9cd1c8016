/* Unmounts what hides or protects a file. */
#include "../attack.h"
#include <sys/mount.h>
int main(void) { return let_in(umount2("/proc/no-such-mount", MNT_DETACH)); }
