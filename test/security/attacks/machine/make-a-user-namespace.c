/* Makes a user namespace, in which it would be allowed everything. */
#include "../attack.h"
int main(void) { return succeeded(unshare(CLONE_NEWUSER)); }
