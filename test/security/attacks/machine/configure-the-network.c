/* Switches the loopback interface on, which it is. */
#include "../attack.h"
#include <net/if.h>
#include <sys/ioctl.h>
int main(void) {
    struct ifreq request = { .ifr_name = "lo" };
    int any = socket(AF_INET, SOCK_DGRAM, 0);
    if (ioctl(any, SIOCGIFFLAGS, &request) < 0) return succeeded(-1);
    return succeeded(ioctl(any, SIOCSIFFLAGS, &request));
}
