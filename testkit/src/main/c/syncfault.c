/*
 * Lets a process's syncs take longer, or fail, from one moment to the next.
 *
 * Loaded with LD_PRELOAD. SYNC_FAULT names a file; while it is there, it says what becomes of every
 * fsync and fdatasync: "delay N" lets it take N milliseconds longer, "fail" lets it fail with EIO
 * after doing nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Whether the sync is to fail; takes the time that it is to take. */
static int disturbed(void) {
  char order[32];
  const char *name = getenv("SYNC_FAULT");
  int fd = name ? (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  ssize_t n = read(fd, order, sizeof order - 1);
  close(fd);
  order[n > 0 ? n : 0] = 0;
  if (strncmp(order, "delay ", 6) == 0) {
    long millis = atol(order + 6);
    struct timespec left = {millis / 1000, millis % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }
  return strncmp(order, "fail", 4) == 0;
}

#define SYNC(name)                                                     \
  int name(int fd) {                                                   \
    static int (*real)(int);                                           \
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, #name);           \
    if (disturbed()) {                                                 \
      errno = EIO;                                                     \
      return -1;                                                       \
    }                                                                  \
    return real(fd);                                                   \
  }

SYNC(fsync)
SYNC(fdatasync)
