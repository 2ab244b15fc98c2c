// A process that brings a storage snapshot back and is killed meanwhile, for the specs of that.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { door, root } from "./child.mjs";

/**
 * Runs `script` with an instance `mf` of `options`, and kills it `milliseconds` after it has written the line "restores", or
 * when it has written how many milliseconds the restore took.
 * @returns how long the process had for the restore
 */
export async function restoreAndKill(t, script, options, milliseconds) {
  const source = `import { Miniflare, Response } from ${JSON.stringify(door)};
    import { writeSync } from "node:fs";
    const mf = new Miniflare(${JSON.stringify(options)});${script}`;
  const child = spawn(process.execPath, ["--no-warnings", "--input-type=module", "--eval", source], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  let took = milliseconds;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== "restores") took = Number(line);
    if (line !== "restores" || milliseconds === 0) child.kill("SIGKILL");
    else if (milliseconds !== undefined) setTimeout(() => child.kill("SIGKILL"), milliseconds);
  }
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  return took;
}
