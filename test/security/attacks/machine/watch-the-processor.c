/* Opens a performance counter. */
#include "../attack.h"
#include <linux/perf_event.h>
int main(void) {
    struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE, .size = sizeof attributes, .config = PERF_COUNT_SW_CPU_CLOCK };
    return let_in(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}
