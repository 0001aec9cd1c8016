/* Opens a socket that knows no network namespace. */
#include "../attack.h"
int main(void) { return let_in(socket(AF_VSOCK, SOCK_STREAM, 0)); }
