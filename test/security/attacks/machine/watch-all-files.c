/* Watches what happens to all files of a file system. */
#include "../attack.h"
#include <sys/fanotify.h>
int main(void) { return succeeded(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY)); }
