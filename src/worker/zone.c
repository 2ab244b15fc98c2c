// The time zone of workers is UTC, whatever the process has. ICU, which is inside V8, asks the environment for it and offers
// no other way from outside; so the linker sends this library's own calls of `getenv` here (`--wrap`, see build.rs). The
// environment itself, which is Node's, stays as it is.

#include <string.h>

char *__real_getenv(const char *name);

char *__wrap_getenv(const char *name) {
  // ICU takes names of three or four letters for abbreviations, and compares their offset with that of the system.
  static char utc[] = "Etc/UTC";
  return strcmp(name, "TZ") == 0 ? utc : __real_getenv(name);
}
