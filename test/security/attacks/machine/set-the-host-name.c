/* Gives the machine the name it has. */
#include "../attack.h"
int main(void) {
    char name[256];
    gethostname(name, sizeof name);
    return succeeded(sethostname(name, strlen(name)));
}
