/*
 * Records which file bytes a process has written and which of them it has synced, so that a test can
 * take the unsynced ones away after a kill, as a power failure would.
 *
 * Loaded with LD_PRELOAD. SYNC_JOURNAL names the journal, SYNC_ROOT the folder to watch. The journal
 * itself is written without buffering: what was said before a kill -9 is in it. One line per event:
 *
 *   W <file> <offset> <length>   bytes written, not known to be on the disk
 *   S <file> <size>              everything written to the file so far is on the disk
 *   T <file> <size>              the file was cut or extended to this size
 *
 * A file is named by its inode and the nanosecond of its birth: it may be renamed, and inodes are used again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int journal = -1;
static const char *root;
static size_t root_length;

__attribute__((constructor)) static void open_journal(void) {
  const char *name = getenv("SYNC_JOURNAL");
  root = getenv("SYNC_ROOT");
  if (name && root) {
    root_length = strlen(root);
    journal = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  }
}

/* The name of a watched regular file; false for anything else. */
static int name_of(int fd, char *name, size_t room, long long *size) {
  char link[64], path[PATH_MAX];
  struct statx status;
  if (journal < 0) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, PATH_MAX - 1);
  if (n <= 0) return 0;
  path[n] = 0;
  if (strncmp(path, root, root_length) != 0) return 0;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return 0;
  if (!S_ISREG(status.stx_mode)) return 0;
  *size = (long long)status.stx_size;
  snprintf(name, room, "%llu-%lld%09u", (unsigned long long)status.stx_ino,
           (long long)status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
  return 1;
}

static void say(const char *format, ...) {
  char line[160];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (n > 0) syscall(SYS_write, journal, line, (size_t)n);
}

static void written(int fd, off_t offset, ssize_t length) {
  char name[64];
  long long size;
  if (length > 0 && name_of(fd, name, sizeof name, &size)) say("W %s %lld %lld\n", name, (long long)offset, (long long)length);
}

static off_t position(int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_APPEND)) return lseek(fd, 0, SEEK_END);
  return lseek(fd, 0, SEEK_CUR);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

ssize_t write(int fd, const void *bytes, size_t n) {
  REAL(ssize_t, write, int, const void *, size_t);
  off_t at = journal >= 0 ? position(fd) : 0;
  ssize_t done = real(fd, bytes, n);
  written(fd, at, done);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
  REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
  ssize_t done = real(fd, bytes, n, at);
  written(fd, at, done);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return pwrite64(fd, bytes, n, at); }

ssize_t writev(int fd, const struct iovec *parts, int n) {
  REAL(ssize_t, writev, int, const struct iovec *, int);
  off_t at = journal >= 0 ? position(fd) : 0;
  ssize_t done = real(fd, parts, n);
  written(fd, at, done);
  return done;
}

static void synced(int fd, int result) {
  char name[64];
  long long size;
  if (result == 0 && name_of(fd, name, sizeof name, &size)) say("S %s %lld\n", name, size);
}

int fsync(int fd) {
  REAL(int, fsync, int);
  int result = real(fd);
  synced(fd, result);
  return result;
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  int result = real(fd);
  synced(fd, result);
  return result;
}

int ftruncate64(int fd, off64_t length) {
  REAL(int, ftruncate64, int, off64_t);
  int result = real(fd, length);
  char name[64];
  long long size;
  if (result == 0 && name_of(fd, name, sizeof name, &size)) say("T %s %lld\n", name, (long long)length);
  return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
