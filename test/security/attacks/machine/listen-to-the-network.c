/* Opens a socket that hears all packets of the machine. */
#include "../attack.h"
#include <arpa/inet.h>
int main(void) { return succeeded(socket(AF_PACKET, SOCK_RAW, htons(3))); }
