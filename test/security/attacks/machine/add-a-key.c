/* Leaves a key in a key ring of the user, which no namespace confines. */
#include "../attack.h"
int main(void) { return succeeded(syscall(SYS_add_key, "user", "oci-build-attack", "x", 1, -3 /* of the session */)); }
