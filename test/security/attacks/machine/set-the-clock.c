/* Sets the clock; the time is none. */
#include "../attack.h"
#include <time.h>
int main(void) {
    struct timespec time = { 0, -1 };
    return let_in(syscall(SYS_clock_settime, CLOCK_REALTIME, &time));
}
