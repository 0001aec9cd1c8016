/* Asks for the processor's input and output ports. */
#include "../attack.h"
int main(void) {
#ifdef __x86_64__
    return succeeded(syscall(SYS_iopl, 3));
#else
    printf("this processor has no such call\n");
    return 1;
#endif
}
