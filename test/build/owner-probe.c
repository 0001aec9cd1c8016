// What a program does about owners without a C library's help or with many threads: `probe threads|views|lists|identity|records DIRECTORY`.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition, strerror(errno)); \
      exit(1);                                                                    \
    }                                                                             \
  } while (0)

static void *owner(void *argument) {
  long number = (long)argument;
  char name[32];
  for (int i = 0; i < 20; i++) {
    struct stat seen;
    snprintf(name, sizeof name, "thread-%ld-%d", number, i);
    int file = open(name, O_CREAT | O_EXCL | O_WRONLY, 0640);
    CHECK(file >= 0);
    CHECK(fchown(file, 100 + number, 200 + i) == 0);
    CHECK(fstat(file, &seen) == 0 && seen.st_uid == 100 + number && seen.st_gid == 200u + i);
    close(file);
  }
  return NULL;
}

static void threads(void) {
  pthread_t all[8];
  for (long i = 0; i < 8; i++) CHECK(pthread_create(&all[i], NULL, owner, (void *)i) == 0);
  for (int i = 0; i < 8; i++) CHECK(pthread_join(all[i], NULL) == 0);
}

static void views(void) {
  struct stat seen;
  struct statx more;
  CHECK(mkdir("dir", 0755) == 0 && symlink("dir", "link") == 0 && mkfifo("fifo", 0600) == 0);
  CHECK(chown("link", 7, -1) == 0 && lchown("link", -1, 9) == 0 && chown("fifo", 1, 2) == 0);
  CHECK(stat("link", &seen) == 0 && S_ISDIR(seen.st_mode) && seen.st_uid == 7 && seen.st_gid == 0);
  CHECK(lstat("link", &seen) == 0 && S_ISLNK(seen.st_mode) && seen.st_uid == 0 && seen.st_gid == 9);
  CHECK(statx(AT_FDCWD, "fifo", 0, STATX_BASIC_STATS, &more) == 0 && more.stx_uid == 1 && more.stx_gid == 2);
  int dir = open("dir", O_RDONLY | O_DIRECTORY);
  int file = openat(dir, "file", O_CREAT | O_RDWR, 0777);
  CHECK(file >= 0 && fchmod(file, 06755) == 0 && fchownat(dir, "file", 5, 6, 0) == 0);
  CHECK(fstatat(dir, "file", &seen, 0) == 0 && (seen.st_mode & 07777) == 0755 && seen.st_uid == 5);
  CHECK(fchmodat(dir, "file", 04711, 0) == 0 && fchownat(file, "", 3, -1, AT_EMPTY_PATH) == 0);
  CHECK(fstat(file, &seen) == 0 && (seen.st_mode & 07777) == 0711 && seen.st_uid == 3 && seen.st_gid == 6);
  CHECK(linkat(dir, "file", AT_FDCWD, "other", 0) == 0 && rename("other", "renamed") == 0);
  CHECK(unlinkat(dir, "file", 0) == 0 && chown("renamed", 33, 33) == 0);
  CHECK(fstat(file, &seen) == 0 && seen.st_uid == 33);
  CHECK(chown("nothing", 1, 1) == -1 && errno == ENOENT);
  CHECK(chown((char *)1, 1, 1) == -1 && errno == EFAULT);
  CHECK(fchown(77, 1, 1) == -1 && errno == EBADF);
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  CHECK(chown(path, 32, -1) == 0 && stat(path, &seen) == 0 && seen.st_uid == 32);
  // struct vfs_cap_data: revision 2 with the effective bit, CAP_NET_RAW; it goes with the next change of owner.
  static const unsigned char capability[20] = {1, 0, 0, 2, 0, 0x20};
  unsigned char found[20];
  CHECK(setxattr("renamed", "security.capability", capability, 20, 0) == 0);
  CHECK(chown("renamed", 34, 33) == 0 && getxattr("renamed", "security.capability", found, 20) == -1);
  CHECK(setxattr("renamed", "security.capability", capability, 20, 0) == 0);
  CHECK(getxattr("renamed", "security.capability", found, 20) == 20 && memcmp(found, capability, 20) == 0);
}

// An access control list that names the group 4, as setfacl writes it: it decides over the mode, and can be read again.
static void lists(void) {
  static const struct {
    unsigned version;
    struct {
      unsigned short tag, permissions;
      unsigned id;
    } entries[5];
  } list = {2, {{1, 6, -1}, {4, 4, -1}, {8, 6, 4}, {0x10, 6, -1}, {0x20, 4, -1}}};
  char found[256];
  struct stat seen;
  CHECK(close(open("listed", O_CREAT | O_WRONLY, 0600)) == 0 && chown("listed", 7, 7) == 0);
  CHECK(setxattr("listed", "system.posix_acl_access", &list, sizeof list, 0) == 0);
  CHECK(stat("listed", &seen) == 0 && (seen.st_mode & 07777) == 0664);
  CHECK(getxattr("listed", "system.posix_acl_access", found, sizeof found) == sizeof list);
  CHECK(memcmp(found, &list, sizeof list) == 0);
  CHECK(listxattr("listed", found, sizeof found) == sizeof "system.posix_acl_access");
  CHECK(strcmp(found, "system.posix_acl_access") == 0);
  CHECK(close(open("plain", O_CREAT | O_WRONLY, 0600)) == 0);
  CHECK(setxattr("plain", "system.posix_acl_access", &list, sizeof list, 0) == 0);
  CHECK(removexattr("plain", "system.posix_acl_access") == 0 && listxattr("plain", found, sizeof found) == 0);
}

static void identity(void) {
  const gid_t groups[] = {50, 60};
  uid_t real, effective, saved;
  gid_t list[8];
  CHECK(setgroups(2, groups) == 0 && setresgid(44, 44, 44) == 0);
  CHECK(seteuid(100) == 0 && geteuid() == 100 && getuid() == 0);
  CHECK(close(open("by-100", O_CREAT | O_WRONLY, 0666)) == 0);
  CHECK(seteuid(0) == 0 && setresuid(101, 101, 101) == 0);
  CHECK(getresuid(&real, &effective, &saved) == 0 && real == 101 && effective == 101 && saved == 101);
  CHECK(getgroups(8, list) == 2 && list[0] == 50 && list[1] == 60 && getegid() == 44);
  CHECK(setuid(0) == -1 && errno == EPERM && setgroups(0, NULL) == -1 && errno == EPERM);
  pid_t child = fork();
  if (child == 0) {
    // Its parent is gone when it asks.
    if (fork() != 0) _exit(0);
    usleep(20000);
    int file = open("by-orphan", O_CREAT | O_WRONLY, 0666);
    _exit(getuid() == 101 && file >= 0 && symlink("x", "link-of-orphan") == 0 && mkdir("dir-of-orphan", 0777) == 0 ? 0 : 1);
  }
  CHECK(waitpid(child, NULL, 0) == child);
  struct stat seen;
  for (int i = 0; i < 500 && stat("dir-of-orphan", &seen) != 0; i++) usleep(10000);
  CHECK(stat("by-orphan", &seen) == 0 && seen.st_uid == 101 && seen.st_gid == 44 && (seen.st_mode & 0777) == 0644);
  CHECK(chown("by-orphan", 5, -1) == -1 && errno == EPERM && chown("by-orphan", -1, 60) == 0);
}

// Attacks: what a step may neither see nor write. Where owners are real there is nothing to see.
static void records(void) {
  char names[4096];
  int file = open("mine", O_CREAT | O_WRONLY, 0644);
  CHECK(file >= 0 && fchown(file, 8, 8) == 0 && symlink("mine", "pointer") == 0 && lchown("pointer", 8, 8) == 0);
  setxattr("mine", "user.oci-build.owner", "9:9", 3, 0);
  fsetxattr(file, "user.oci-build.device", "c 1:3", 5, 0);
  removexattr("mine", "user.oci-build.owner");
  lremovexattr("pointer", "security.capability");
  struct stat seen;
  CHECK(stat("mine", &seen) == 0 && seen.st_uid == 8 && S_ISREG(seen.st_mode));
  CHECK(lstat("pointer", &seen) == 0 && seen.st_uid == 8);
  CHECK(llistxattr("pointer", names, sizeof names) == 0);
  removexattr("mine", "user.oci-build.device");
}

int main(int count, char **arguments) {
  CHECK(count == 3 && (mkdir(arguments[2], 0777) == 0 || errno == EEXIST) && chdir(arguments[2]) == 0);
  umask(022);
  CHECK(chmod(".", 0777) == 0);
  if (strcmp(arguments[1], "threads") == 0) threads();
  if (strcmp(arguments[1], "views") == 0) views();
  if (strcmp(arguments[1], "identity") == 0) identity();
  if (strcmp(arguments[1], "lists") == 0) lists();
  if (strcmp(arguments[1], "records") == 0) records();
  return 0;
}
