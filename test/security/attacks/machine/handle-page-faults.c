/* Opens a userfaultfd, which holds the kernel up at will. */
#include "../attack.h"
int main(void) { return succeeded(syscall(SYS_userfaultfd, 0)); }
