/* Makes an io_uring, whose calls no filter sees. */
#include "../attack.h"
int main(void) {
    char parameters[256] = { 0 };
    return let_in(syscall(SYS_io_uring_setup, 1, parameters));
}
