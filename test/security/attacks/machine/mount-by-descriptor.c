/* Makes a file system by fsopen(2). */
#include "../attack.h"
int main(void) { return succeeded(syscall(SYS_fsopen, "tmpfs", 0)); }
