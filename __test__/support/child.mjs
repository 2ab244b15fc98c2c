// Node in a child process, for what a process may do as a whole: exit, crash, hang, or print.

import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL, fileURLToPath } from "node:url";
import { patient } from "./patience.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The repository's top folder. */
export const root = path.resolve(here, "../..");

/** The specifier scripts of a child import `Miniflare` from. */
export const door = pathToFileURL(path.join(here, "miniflare.mjs")).href;

const { FORCE_COLOR: _forced, NO_COLOR: _refused, NODE_DISABLE_COLORS: _disabled, ...plain } = process.env;

/**
 * Runs a command to its end and resolves to `{ code, signal, stdout, stderr, timedOut }`. A child that outlives
 * `timeout` milliseconds of a quiet machine is killed and reported, so a hang is a failed assertion and not a hanging test. What a
 * child of its own has still to say is not waited for then. Without `env` it has this process's environment, but for what it
 * says of colours.
 */
export function run(command, args, { timeout = 60_000, env = plain, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], ...options });
    const result = { code: null, signal: null, stdout: "", stderr: "", timedOut: false };
    const timer = setTimeout(() => {
      result.timedOut = true;
      child.kill("SIGKILL");
      for (const output of [child.stdout, child.stderr]) output?.destroy();
    }, patient(timeout));
    child.stdout.setEncoding("utf8").on("data", (chunk) => (result.stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk) => (result.stderr += chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ ...result, code, signal });
    });
  });
}

/**
 * Runs `source`, an ES module that may use `Miniflare` and its company, in a Node of its own. With `load: false`
 * nothing is loaded beforehand, and `door` is what the script may import.
 */
export function runScript(source, { args = [], nodeArgs = [], load = true, ...options } = {}) {
  const names = load ? `import { Miniflare, Log, LogLevel } from ${JSON.stringify(door)};` : "";
  const prelude = `${names} const door = ${JSON.stringify(door)};\n`;
  const flags = [...process.execArgv.filter((flag) => flag === "--experimental-vm-modules"), ...nodeArgs];
  const entry = ["--no-warnings", ...flags, "--input-type=module", "--eval", prelude + source, "--", ...args];
  return run(process.execPath, entry, options);
}
