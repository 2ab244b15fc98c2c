// Temporary folders of files, for scripts and modules that are read from disk.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Writes `files` (path in the folder -> content) into a folder of its own that is removed after the test. */
export function folder(t, files = {}) {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-spec-")));
  t.after(() => remove(root));
  write(root, files);
  return root;
}

/** An instance that has not ended yet may add files meanwhile, which Node does not look for again. */
function remove(root, attempts = 20) {
  try {
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  } catch (error) {
    if (error.code !== "ENOTEMPTY" || attempts === 0) throw error;
    remove(root, attempts - 1);
  }
}

/** Writes or overwrites files below `root`. */
export function write(root, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}

/** As `write`, in one step for each file: a program that watches it never sees a part of it. */
export function edit(root, files) {
  for (const [name, content] of Object.entries(files)) {
    const made = path.join(root, ".edited");
    fs.writeFileSync(made, content);
    fs.renameSync(made, path.join(root, name));
  }
}
