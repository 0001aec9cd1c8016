/* Has the kernel swap to a file, which is not there. */
#include "../attack.h"
#include <sys/swap.h>
int main(void) { return let_in(swapon("/no-such-file", 0)); }
