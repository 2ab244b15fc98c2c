// A disk of a test's own, in memory, small enough to be filled. Mounting takes rights that not everyone has.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Mounts a disk on a folder of its own: where it is, and why there is none. */
function mount(megabytes) {
  const where = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-disk-")));
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", where]);
  return { where, failure: status === 0 ? undefined : (error?.message ?? String(stderr).trim()) };
}

function unmount({ where, failure }) {
  if (failure === undefined) spawnSync("umount", ["-l", where]);
  fs.rmdirSync(where);
}

function whyNot() {
  const mounted = mount(1);
  unmount(mounted);
  return mounted.failure === undefined ? false : `a disk cannot be mounted here: ${mounted.failure}`;
}

/** Options of a test that takes a disk: it is skipped, with the reason, where none can be mounted. */
export const withDisk = { skip: whyNot() };

const BLOCK = 4096;

/** Mounts a disk that goes with the test: `{ data, fill(), free() }`; `data` is a folder on it. */
export function disk(t, megabytes = 6) {
  const mounted = mount(megabytes);
  if (mounted.failure !== undefined) throw new Error(`mount: ${mounted.failure}`);
  t.after(() => unmount(mounted));
  const { where } = mounted;
  const filler = path.join(where, "filler");
  return {
    data: path.join(where, "data"),
    /** Leaves no space. */
    fill() {
      const file = fs.openSync(filler, "a");
      try {
        for (;;) fs.writeSync(file, Buffer.alloc(BLOCK));
      } catch (error) {
        if (error.code !== "ENOSPC") throw error;
      } finally {
        fs.closeSync(file);
      }
    },
    /** Makes space again. */
    free: () => fs.rmSync(filler, { force: true }),
  };
}
