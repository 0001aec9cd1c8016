/* Copies a mount by open_tree(2). */
#include "../attack.h"
int main(void) { return succeeded(syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */)); }
