/* Takes a kernel module away. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_delete_module, "no-such-module", O_NONBLOCK)); }
