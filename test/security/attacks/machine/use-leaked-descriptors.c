/* Looks for descriptors that came along: the helper's socket, directories of the machine (CVE-2024-21626). */
#include "../attack.h"
int main(void) {
    for (int number = 3; number < 4096; number++) {
        if (fcntl(number, F_GETFD) >= 0) {
            printf("descriptor %d is open\n", number);
            return 0;
        }
    }
    printf("there is none\n");
    return 1;
}
