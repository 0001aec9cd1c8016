/* Has the kernel start a program outside to find a key. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_request_key, "user", "oci-build-no-such", NULL, 0)); }
