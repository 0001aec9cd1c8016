/* Loads a kernel module. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_init_module, "", 0, "")); }
