// Temporary folders of files, for scripts and modules that are read from disk.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Writes `files` (path in the folder -> content) into a folder of its own that is removed after the test. */
export function folder(t, files = {}) {
  const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-spec-")));
  t.after(() => fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 }));
  write(root, files);
  return root;
}

/** Writes or overwrites files below `root`. */
export function write(root, files) {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
}
