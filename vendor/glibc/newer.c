// Functions of later versions than glibc 2.28 that the addon's libraries call, because they were compiled with newer
// headers: V8, RocksDB and the compiler's libstdc++. The linker takes only those that are referenced (see stubs.rs).

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct stat;

// glibc 2.33. Before, these were inline functions that called the ones below. Their first argument is the version of
// `struct stat`; x64 has a single one, for both sizes of offsets.

int __xstat(int version, const char *path, struct stat *into);
int __fxstat(int version, int fd, struct stat *into);
int __lxstat(int version, const char *path, struct stat *into);
int __fxstatat(int version, int folder, const char *path, struct stat *into, int flags);

#define VERSION 1
#define STAT(suffix)                                                                                                   \
  int stat##suffix(const char *path, struct stat *into) { return __xstat(VERSION, path, into); }                       \
  int fstat##suffix(int fd, struct stat *into) { return __fxstat(VERSION, fd, into); }                                 \
  int lstat##suffix(const char *path, struct stat *into) { return __lxstat(VERSION, path, into); }                     \
  int fstatat##suffix(int folder, const char *path, struct stat *into, int flags) {                                    \
    return __fxstatat(VERSION, folder, path, into, flags);                                                             \
  }

STAT()
STAT(64)

// From the static part of glibc, which is not linked: what is registered with `__dso_handle` ends with this library.

extern void *__dso_handle __attribute__((visibility("hidden")));
int __cxa_atexit(void (*call)(void *), void *argument, void *library);
int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void), void *library);

int atexit(void (*call)(void)) { return __cxa_atexit((void (*)(void *))call, NULL, &__dso_handle); }

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
  return __register_atfork(prepare, parent, child, &__dso_handle);
}

// glibc 2.30.

pid_t gettid(void) { return (pid_t)syscall(SYS_gettid); }

// The system's own function is used if it exists. Otherwise the time is converted to the clock that the older functions
// use; if that clock was changed meanwhile, an early time-out is not reported.

static struct timespec on_realtime(clockid_t clock, const struct timespec *until) {
  struct timespec now, realtime;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &realtime);
  const long second = 1000000000;
  time_t seconds = until->tv_sec - now.tv_sec;
  long nanoseconds = until->tv_nsec - now.tv_nsec + realtime.tv_nsec;
  // A time without an end stays one.
  if (__builtin_add_overflow(seconds, realtime.tv_sec, &seconds)) return *until;
  if (nanoseconds < 0) seconds -= 1, nanoseconds += second;
  if (nanoseconds >= second) seconds += 1, nanoseconds -= second;
  // The functions refuse times before 1970.
  return seconds < 0 ? (struct timespec){0, 0} : (struct timespec){seconds, nanoseconds};
}

static int has_come(clockid_t clock, const struct timespec *until) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec > until->tv_sec || (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

// Looked up for each call: a thread that waits can afford it.
#ifndef SYSTEM
#define SYSTEM(name) dlsym(RTLD_DEFAULT, name)
#endif

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until) {
  int (*system)(pthread_cond_t *, pthread_mutex_t *, clockid_t, const struct timespec *) =
      SYSTEM("pthread_cond_clockwait");
  if (system) return system(condition, mutex, clock, until);
  struct timespec realtime = on_realtime(clock, until);
  int error = pthread_cond_timedwait(condition, mutex, &realtime);
  // Spurious wake-ups are allowed, an early time-out is not.
  return error == ETIMEDOUT && !has_come(clock, until) ? 0 : error;
}

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *until) {
  int (*system)(sem_t *, clockid_t, const struct timespec *) = SYSTEM("sem_clockwait");
  if (system) return system(semaphore, clock, until);
  for (;;) {
    struct timespec realtime = on_realtime(clock, until);
    int result = sem_timedwait(semaphore, &realtime);
    if (result == 0 || errno != ETIMEDOUT || has_come(clock, until)) return result;
  }
}

// glibc 2.32. False makes libstdc++ count references with atomic instructions, as it must in a process with threads.
char __libc_single_threaded = 0;

// glibc 2.36: `std::random_device`.
uint32_t arc4random(void) {
  uint32_t value;
  if (getentropy(&value, sizeof value) != 0) abort();
  return value;
}

// glibc 2.38. The variants for C23 also read binary numbers (`0b1`) if the base is 0 or 2, which no caller here needs. The
// labels keep the headers from redirecting the declarations to the variants.

long strtol_of_c99(const char *text, char **end, int base) __asm__("strtol");
unsigned long strtoul_of_c99(const char *text, char **end, int base) __asm__("strtoul");
int vsscanf_of_c99(const char *text, const char *format, va_list into) __asm__("__isoc99_vsscanf");

long __isoc23_strtol(const char *text, char **end, int base) { return strtol_of_c99(text, end, base); }
long long __isoc23_strtoll(const char *text, char **end, int base) { return strtol_of_c99(text, end, base); }
unsigned long __isoc23_strtoul(const char *text, char **end, int base) { return strtoul_of_c99(text, end, base); }
unsigned long long __isoc23_strtoull(const char *text, char **end, int base) {
  return strtoul_of_c99(text, end, base);
}

int __isoc23_sscanf(const char *text, const char *format, ...) {
  va_list into;
  va_start(into, format);
  int count = vsscanf_of_c99(text, format, into);
  va_end(into);
  return count;
}
