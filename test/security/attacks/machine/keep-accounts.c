/* Has the kernel write accounts of all processes to a file, which is not there. */
#include "../attack.h"
int main(void) { return let_in(acct("/no-such-directory/file")); }
