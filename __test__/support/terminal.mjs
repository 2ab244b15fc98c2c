// The command in a pseudo-terminal, which the program `script` makes: what a person types, and what the screen shows.

import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { commands, environment, stateOf } from "./command.mjs";
import { tell } from "./test.mjs";

/**
 * Starts the command in a terminal; it is killed when the test ends.
 * @param options `{ cwd, env, columns }`: without `columns`, the size of the terminal is unknown
 * @returns `{ type(keys), until(pattern), ended, clear() }`: `until` resolves to what the screen has shown once that has the
 *   pattern, without regard to colours; `clear` forgets what it has shown; `ended` resolves to `{ code, text }`
 */
export function inTerminal(t, args, { cwd, env = {}, columns } = {}) {
  const words = [process.execPath, ...commands.own, ...args].map((word) => `'${word}'`).join(" ");
  const line = columns === undefined ? words : `stty cols ${columns} && ${words}`;
  const child = spawn("script", ["-qfec", line, "/dev/null"], {
    cwd,
    env: environment({ TERM: "xterm", ...env }),
    stdio: ["pipe", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  child.stdin.on("error", () => {});
  let text = "";
  let look = () => {};
  let isOver = false;
  tell(t, () => `${stateOf(child)}, and the screen has shown ${JSON.stringify(text)}`);
  child.stdout.setEncoding("utf8").on("data", (data) => {
    text += data;
    look();
  });
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      look = () => {
        if (pattern.test(stripVTControlCharacters(text))) resolve(text);
        else if (isOver) reject(new Error(`no ${pattern} in ${JSON.stringify(text)}`));
      };
      look();
    });
  const ended = new Promise((resolve) => {
    child.on("close", (code) => {
      isOver = true;
      look();
      resolve({ code, text });
    });
  });
  return { type: (keys) => child.stdin.write(keys), until, ended, clear: () => (text = "") };
}
