/* Loads a kernel to be started. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_kexec_load, 0, 17, NULL, 0x4)); }
