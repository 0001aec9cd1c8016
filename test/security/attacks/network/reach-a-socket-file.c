/* Connects to a service of the machine by its socket's path there. */
#include "../attack.h"
#include <sys/un.h>
int main(void) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strncpy(address.sun_path, environment("HOST_SOCKET"), sizeof address.sun_path - 1);
    int any = socket(AF_UNIX, SOCK_STREAM, 0);
    return succeeded(connect(any, (struct sockaddr *)&address, sizeof address));
}
