/* Restarts the machine; the magic numbers are wrong. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_reboot, 1, 2, 3, NULL)); }
