// Loaded before the C library (LD_PRELOAD): counts the calls that change files below FAULT_UNDER, and lets the k-th go wrong.
//   FAULT_UNDER  folder that is watched          FAULT_COUNT  file that gets the number of calls when the process ends
//   FAULT_AT     k, from 1 (0: only count)       FAULT_LOG    file that gets "<k> <call> <path>" of the call that went wrong
//   FAULT_MODE   exit: the process is gone before the call      torn: gone after half of a write
//                EIO | ENOSPC | EINTR: the call fails with it     short: half of a write is done, and said so
//   FAULT_STICKY 1: every call from the k-th on fails (a full disk stays full)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FILES_MAX 65536

static atomic_long calls;
static atomic_uchar watched[FILES_MAX];  // by file descriptor: opened for writing below the folder
static const char *under, *mode = "exit", *log_path, *count_path;
static size_t under_length;
static long fault_at;
static int sticky;

__attribute__((constructor)) static void start(void) {
  under = getenv("FAULT_UNDER");
  under_length = under ? strlen(under) : 0;
  if (getenv("FAULT_MODE")) mode = getenv("FAULT_MODE");
  log_path = getenv("FAULT_LOG");
  count_path = getenv("FAULT_COUNT");
  fault_at = getenv("FAULT_AT") ? atol(getenv("FAULT_AT")) : 0;
  sticky = getenv("FAULT_STICKY") != NULL;
}

static void put(const char* path, const char* text) {
  const int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (fd < 0) return;
  if (REAL(write)(fd, text, strlen(text)) < 0) {}
  REAL(close)(fd);
}

__attribute__((destructor)) static void end(void) {
  char text[32];
  if (!count_path) return;
  snprintf(text, sizeof text, "%ld\n", atomic_load(&calls));
  put(count_path, text);
}

static int is_under(const char* path) { return under && path && strncmp(path, under, under_length) == 0; }
static int is_watched(int fd) { return fd >= 0 && fd < FILES_MAX && atomic_load(&watched[fd]); }
static int note_open(int fd, const char* path, int flags) {
  if (fd >= 0 && fd < FILES_MAX) {
    const int directory = (flags & O_DIRECTORY) != 0;
    atomic_store(&watched[fd], is_under(path) && ((flags & O_ACCMODE) != O_RDONLY || directory));
  }
  return fd;
}

// Counts one call. 0: go on; else errno to fail with, or -1: do half of the write.
static int fault(const char* call, const char* path) {
  const long number = atomic_fetch_add(&calls, 1) + 1;
  if (!fault_at || number < fault_at || (number > fault_at && !sticky)) return 0;
  if (number == fault_at && log_path) {
    char text[4200];
    snprintf(text, sizeof text, "%ld %s %s\n", number, call, path ? path : "");
    put(log_path, text);
  }
  const int writes = strstr(call, "write") != NULL;
  if (!strcmp(mode, "exit")) _exit(137);
  if (!strcmp(mode, "torn")) {
    if (writes) return -1;
    _exit(137);
  }
  if (!strcmp(mode, "short")) return writes ? -1 : 0;
  if (!strcmp(mode, "EINTR")) return !strcmp(call, "link") || !strcmp(call, "rename") || !strcmp(call, "unlink") || !strcmp(call, "mkdir") ? 0 : EINTR;
  return !strcmp(mode, "ENOSPC") ? ENOSPC : EIO;
}

#define CHECK(call, path)                     \
  do {                                        \
    const int trouble = fault(call, path);    \
    if (trouble > 0) return errno = trouble, -1; \
  } while (0)

#define OPEN(name, prefix_parameters, prefix_arguments)                                    \
  int name(prefix_parameters const char* path, int flags, ...) {                           \
    va_list list;                                                                          \
    va_start(list, flags);                                                                 \
    const mode_t bits = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(list, mode_t) : 0;        \
    va_end(list);                                                                          \
    if (is_under(path) && (flags & (O_CREAT | O_TRUNC))) CHECK("open", path);              \
    return note_open(REAL(name)(prefix_arguments path, flags, bits), path, flags);         \
  }
#define NOTHING
#define COMMA ,
OPEN(open, NOTHING, NOTHING)
OPEN(open64, NOTHING, NOTHING)
OPEN(openat, int folder COMMA, folder COMMA)
OPEN(openat64, int folder COMMA, folder COMMA)

int close(int fd) {
  if (fd >= 0 && fd < FILES_MAX) atomic_store(&watched[fd], 0);
  return REAL(close)(fd);
}

#define WRITE(name, more_parameters, more_arguments, offset_type)                             \
  ssize_t name(int fd, const void* bytes, size_t size more_parameters) {                      \
    if (is_watched(fd)) {                                                                     \
      const int trouble = fault(#name, NULL);                                                 \
      if (trouble > 0) return errno = trouble, -1;                                            \
      if (trouble < 0) {                                                                      \
        const ssize_t done = REAL(name)(fd, bytes, size / 2 + (size == 1) more_arguments);    \
        if (!strcmp(mode, "torn")) _exit(137);                                                \
        return done;                                                                          \
      }                                                                                       \
    }                                                                                         \
    return REAL(name)(fd, bytes, size more_arguments);                                        \
  }
WRITE(write, NOTHING, NOTHING, )
WRITE(pwrite, COMMA off_t at, COMMA at, )
WRITE(pwrite64, COMMA off64_t at, COMMA at, )

#define ON_FILE(name, parameters, arguments)            \
  int name(int fd parameters) {                         \
    if (is_watched(fd)) CHECK(#name, NULL);             \
    return REAL(name)(fd arguments);                    \
  }
ON_FILE(fsync, NOTHING, NOTHING)
ON_FILE(fdatasync, NOTHING, NOTHING)
ON_FILE(ftruncate, COMMA off_t size, COMMA size)
ON_FILE(ftruncate64, COMMA off64_t size, COMMA size)

int link(const char* from, const char* to) {
  if (is_under(to)) CHECK("link", to);
  return REAL(link)(from, to);
}
int rename(const char* from, const char* to) {
  if (is_under(to)) CHECK("rename", to);
  return REAL(rename)(from, to);
}
int unlink(const char* path) {
  if (is_under(path)) CHECK("unlink", path);
  return REAL(unlink)(path);
}
int mkdir(const char* path, mode_t bits) {
  if (is_under(path)) CHECK("mkdir", path);
  return REAL(mkdir)(path, bits);
}
