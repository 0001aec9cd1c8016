/* An attack ends with 0 when it has succeeded, else with 1 and a line that says what stood in its way. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* For calls that must work as a whole. */
static inline int succeeded(long answer) {
    if (answer >= 0) return 0;
    printf("%m\n");
    return 1;
}

/* For calls whose arguments make them harmless: an attack has succeeded when only its arguments are at fault. */
static inline int let_in(long answer) {
    if (answer >= 0 || (errno != EPERM && errno != EACCES && errno != ENOSYS)) return 0;
    printf("%m\n");
    return 1;
}

static inline const char *environment(const char *name) {
    const char *value = getenv(name);
    return value ? value : "";
}

/* The process outside that is attacked: the one told, or else pid 1, which is the sandbox's own. */
static inline pid_t victim(void) {
    pid_t told = atoi(environment("HOST_PID"));
    return told > 1 && kill(told, 0) == 0 ? told : 1;
}
