// Tags: oracle
// Which glibc the addon needs: no newer one than Node itself, so that it loads wherever Node does.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { differs } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { addon } from "../support/project.mjs";
import { test } from "../support/test.mjs";

const NEWEST = [2, 28];
/** The compiler's runtime library, of GCC 4.2. */
const NEWEST_GCC = [4, 2, 0];

async function succeeds(command, ...args) {
  const { code, stdout, stderr } = await run(command, args).catch((error) => {
    throw new Error(`${command} did not start (${error.message}): npm run setup`);
  });
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${stdout}${stderr}`);
  return stdout;
}

/** What the file needs of each library: `{ library, name, version }`. */
async function needs(file) {
  const lines = (await succeeds("readelf", "--version-info", "--wide", file)).split("\n");
  let library;
  return lines.flatMap((line) => {
    library = /\bFile: (\S+)/.exec(line)?.[1] ?? library;
    const [, name, version] = /\bName: ([A-Z]+(?:_ABI)?)_(\S+)/.exec(line) ?? [];
    return name ? { library, name, version } : [];
  });
}

const isNewer = (version, limit) => {
  const parts = version.split(".").map(Number);
  if (parts.some(Number.isNaN)) return true;
  const index = limit.findIndex((part, i) => part !== (parts[i] ?? 0));
  return index === -1 ? parts.length > limit.length : (parts[index] ?? 0) > limit[index];
};

describe("the addon's glibc", differs("it has no addon"), () => {
  test("is at most 2.28", async () => {
    const all = await needs(addon);
    assert.ok(all.length > 5, JSON.stringify(all));
    const limits = { GLIBC: NEWEST, GCC: NEWEST_GCC };
    const tooNew = all.filter(({ name, version }) => !limits[name] || isNewer(version, limits[name]));
    assert.deepEqual(tooNew, []);
  });

  test("has what the addon does not bring itself", async () => {
    const list = fs.readFileSync(path.join(root, "vendor/glibc/x86_64.txt"), "utf8");
    const known = new Set(list.split(/\s+/).map((name) => name.replace(/=$/, "")));
    const lines = (await succeeds("nm", "--dynamic", "--undefined-only", addon)).split("\n").filter(Boolean);
    const asked = lines.map((line) => line.trim().split(/\s+/)).filter(([kind]) => kind === "U");
    assert.ok(asked.length > 100, lines.join());
    const [ofCompiler, missing] = [/^_Unwind_\w+@GCC_/, ([, name]) => !known.has(name.split("@")[0])];
    assert.deepEqual(
      asked.filter(missing).filter(([, name]) => !ofCompiler.test(name)),
      [],
    );
  });

  // As in glibc 2.28: the system's own functions of later versions are not found.
  const WAITING = `
    #define SYSTEM(name) NULL
    #include "newer.c"
    #include <assert.h>
    static struct timespec in(clockid_t clock, long milliseconds) {
      struct timespec at;
      clock_gettime(clock, &at);
      at.tv_nsec += milliseconds * 1000000;
      at.tv_sec += at.tv_nsec / 1000000000;
      at.tv_nsec %= 1000000000;
      return at;
    }
    static sem_t semaphore;
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    static int is_set;
    static void *wake(void *none) {
      sem_post(&semaphore);
      pthread_mutex_lock(&mutex);
      is_set = 1;
      pthread_cond_signal(&condition);
      pthread_mutex_unlock(&mutex);
      return none;
    }
    int main(void) {
      const clockid_t clock = CLOCK_MONOTONIC;
      struct timespec past = in(clock, 0), soon = in(clock, 20), late = in(clock, 600000);
      assert(sem_init(&semaphore, 0, 0) == 0);
      assert(sem_clockwait(&semaphore, clock, &past) == -1 && errno == ETIMEDOUT);
      assert(sem_clockwait(&semaphore, clock, &soon) == -1 && errno == ETIMEDOUT && has_come(clock, &soon));
      pthread_mutex_lock(&mutex);
      soon = in(clock, 20);
      while (pthread_cond_clockwait(&condition, &mutex, clock, &soon) == 0) continue;
      assert(has_come(clock, &soon));
      pthread_t thread;
      assert(pthread_create(&thread, NULL, wake, NULL) == 0);
      while (!is_set) assert(pthread_cond_clockwait(&condition, &mutex, clock, &late) == 0);
      pthread_mutex_unlock(&mutex);
      assert(sem_clockwait(&semaphore, clock, &late) == 0);
      assert(arc4random() != arc4random() || arc4random() != arc4random());
      assert(gettid() == getpid());
      char *end;
      assert(__isoc23_strtol("-12x", &end, 10) == -12 && *end == 'x');
      assert(__isoc23_strtoull("ff", &end, 16) == 255 && *end == 0);
      int number;
      assert(__isoc23_sscanf("a7", "a%d", &number) == 1 && number == 7);
      return 0;
    }`;

  test("gets the functions of later versions that it lacks, and they wait as those do", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-glibc-"));
    try {
      const [source, program] = ["waiting.c", "waiting"].map((name) => path.join(folder, name));
      fs.writeFileSync(source, WAITING);
      const include = `-I${path.join(root, "vendor/glibc")}`;
      await succeeds("cc", "-O2", "-fno-builtin", include, source, "-o", program, "-lpthread", "-ldl");
      await succeeds(program);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});
