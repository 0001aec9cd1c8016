/* Calls mount(2) by the numbers of a 32-bit program, which a filter might not know. */
#include "../attack.h"
int main(void) {
#ifdef __x86_64__
    long answer;
    __asm__ volatile("int $0x80" : "=a"(answer) : "a"(21), "b"(0), "c"(0), "d"(0), "S"(0), "D"(0) : "memory");
    errno = -(int)answer;
    return let_in(-1);
#else
    printf("this processor has no such calls\n");
    return 1;
#endif
}
