/* Changes the root mount. */
#include "../attack.h"
int main(void) { return let_in(syscall(SYS_pivot_root, "/no-such", "/no-such")); }
