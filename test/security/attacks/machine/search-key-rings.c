/* Asks for the key ring of the session. */
#include "../attack.h"
int main(void) { return succeeded(syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3, 1)); }
