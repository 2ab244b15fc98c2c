// The command as users run it: a child process, whose output is awaited line by line. On the oracle it is Miniflare 2's own.

import { spawn } from "node:child_process";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { isOracle } from "./miniflare.mjs";
import { root } from "./child.mjs";
import { tell } from "./test.mjs";

const BIN = path.join(root, "bin/miniflare-rs.js");
const ORACLE = [
  "--no-warnings",
  "--experimental-vm-modules",
  path.join(root, "node_modules/miniflare/dist/src/cli.js"),
];

const OFFLINE = "--no-update-check";

/** What runs the command, and what runs Miniflare 2's. */
export const commands = { own: [BIN], oracle: ORACLE };

/** What the surroundings of a spec may set, and Node or the command decides about colours by. */
const COLOURS = ["CI", "COLORTERM", "FORCE_COLOR", "NODE_DISABLE_COLORS", "NO_COLOR", "TERM", "TMUX"];

/** The environment of the spec, without what would change what the command shows or does; `env` has more, or `undefined`. */
export function environment(env) {
  const isOfSurroundings = (name) => COLOURS.includes(name) || name.startsWith("MINIFLARE_");
  const kept = Object.entries(process.env).filter(([name]) => !isOfSurroundings(name));
  return { ...Object.fromEntries(kept), NODE_ENV: "test", ...env };
}

/** Nothing colours or keeps a history. */
const QUIET = { NO_COLOR: "1", MINIFLARE_REPL_HISTORY: "" };

/**
 * Starts the command; it is killed when the test ends.
 * @param options `{ cwd, env, input, command, stdin }`: what is written to its input, which ends then; without, it has none
 * @returns `{ child, out, seen(pattern), ended }`: `seen` resolves to the match once the output has it, `ended` to
 *   `{ code, signal, stdout, stderr }`
 */
export function start(t, args, { cwd, env = {}, input, command = isOracle ? ORACLE : commands.own, stdin } = {}) {
  const stdio = [input === undefined && stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"];
  // It would ask the registry of npm for newer versions.
  const more = command === ORACLE && !args.includes(OFFLINE) ? [OFFLINE] : [];
  const child = spawn(process.execPath, [...command, ...more, ...args], {
    cwd,
    env: environment({ ...QUIET, ...env }),
    stdio,
  });
  t.after(() => child.kill("SIGKILL"));
  // A program that has ended reads nothing; its output says why.
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const out = { stdout: "", stderr: "" };
  const looks = new Set();
  const look = () => {
    for (const one of looks) one();
  };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8").on("data", (text) => {
      out[name] += text;
      look();
    });
  }
  let isOver = false;
  const ended = new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      isOver = true;
      look();
      resolve({ code, signal, ...out });
    });
  });
  const shown = () => `${out.stdout}\n--- on stderr:\n${out.stderr}`;
  tell(t, () => `${stateOf(child)}: ${args.join(" ")}\n${shown()}`);
  const seen = (pattern, from = 0) =>
    new Promise((resolve, reject) => {
      const one = () => {
        const match = find(stripVTControlCharacters(out.stdout + out.stderr), pattern, from);
        if (match === undefined && !isOver) return;
        looks.delete(one);
        if (match === undefined) reject(new Error(`no ${pattern} in:\n${shown()}`));
        else resolve(match);
      };
      looks.add(one);
      one();
    });
  return { child, out, seen, ended };
}

/** What a program that was started does, or how it has ended. */
export function stateOf({ pid, exitCode, signalCode }) {
  if (signalCode !== null) return `ended by ${signalCode}`;
  return exitCode === null ? `process ${pid} runs` : `ended with exit code ${exitCode}`;
}

/** The match number `from` of a pattern. */
function find(text, pattern, from) {
  return [
    ...text.matchAll(new RegExp(pattern.source, pattern.flags.includes("g") ? pattern.flags : `${pattern.flags}g`)),
  ][from];
}

/** Runs the command to its end. */
export const runCommand = (t, args, options) => start(t, args, options).ended;

/** Starts the command with a server on a free port of this machine; `origin` is its URL, `get(path)` asks it for a text. */
export async function serveCommand(t, args, options) {
  const started = start(t, [...args, "--host", "127.0.0.1", "--port", "0"], options);
  const [, origin] = await started.seen(/- (https?:\/\/127\.0\.0\.1:\d+)/);
  const get = async (target = "/") => (await fetch(new URL(target, origin))).text();
  return { ...started, origin, get };
}
