/* Reads the kernel's log. */
#include "../attack.h"
#include <sys/klog.h>
int main(void) { return succeeded(klogctl(10, NULL, 0)); }
