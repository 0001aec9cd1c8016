/* Types into a terminal (CVE-2017-5226). */
#include "../attack.h"
#include <sys/ioctl.h>
int main(void) {
    int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
    return let_in(ioctl(terminal < 0 ? 0 : terminal, TIOCSTI, "x"));
}
