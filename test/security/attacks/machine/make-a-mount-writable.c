/* Takes the write protection off a mount. */
#include "../attack.h"
#include <sys/mount.h>
int main(void) { return let_in(mount("none", "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL)); }
