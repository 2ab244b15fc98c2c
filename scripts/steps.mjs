// How every script speaks: a line when a long step starts, a line with the time it took when it is done, and for a step
// that fails which one it was, what went wrong and what to do about it.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

/** The repository's top folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

/** What stops a script: the problem, and what the reader can do about it. */
export class StepError extends Error {
  constructor(problem, remedy) {
    super(problem);
    this.remedy = remedy;
  }
}

/** Runs `work` and says how long it took. A string that `work` returns says what was found or done. */
export function step(name, work) {
  const start = performance.now();
  try {
    const detail = work();
    say(`${name}${typeof detail === "string" ? `: ${detail}` : ""} (${secondsSince(start)})`);
    return detail;
  } catch (error) {
    error.step ??= name;
    throw error;
  }
}

/** A step whose commands print their own progress: it announces itself first. */
export function longStep(name, work) {
  say(`${name} ...`);
  return step(name, work);
}

export function say(line) {
  process.stdout.write(`▸ ${line}\n`);
}

function secondsSince(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** Runs a command that shares this terminal, and throws when it fails. */
export function run(command, args, { remedy, ...options } = {}) {
  const { error, status, signal } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  const shown = [command, ...args].join(" ");
  if (error) throw new StepError(`\`${shown}\` did not start: ${error.message}`, remedy);
  if (signal) throw new StepError(`\`${shown}\` was ended by ${signal}`, remedy);
  if (status !== 0) throw new StepError(`\`${shown}\` ended with exit code ${status}`, remedy);
}

/** What a command prints, or `undefined` when it does not exist or fails. */
export function output(command, args, options) {
  const { status, stdout } = spawnSync(command, args, { cwd: root, encoding: "utf8", ...options });
  return status === 0 ? stdout.trim() : undefined;
}

/** Runs npm: the one that started this script, if one did. */
export function npm(args, options) {
  const [command, ...rest] = npmCommand(args);
  run(command, rest, options);
}

/** What npm prints for `args`. */
export function npmOutput(args) {
  const [command, ...rest] = npmCommand(args);
  const text = output(command, rest);
  if (text === undefined) throw new StepError(`\`npm ${args.join(" ")}\` failed`, "run it by hand to see why");
  return text;
}

function npmCommand(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith(".js") ? [process.execPath, cli, ...args] : ["npm", ...args];
}

/** Runs `work` when the module at `url` is what Node was started with; other scripts import its functions. */
export async function main(url, work) {
  if (path.resolve(process.argv[1] ?? "") !== fileURLToPath(url)) return;
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    process.stderr.write(`\n✗ failed${error.step ? `: ${error.step}` : ""}\n  what: ${error.message}\n`);
    if (error.remedy) process.stderr.write(`  do:   ${error.remedy.replaceAll("\n", "\n        ")}\n`);
    process.exitCode = 1;
  }
}
