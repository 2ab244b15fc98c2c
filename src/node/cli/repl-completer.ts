// Completion in the REPL: names of the global scope, members of what a chain of names leads to, and the REPL's commands.

import type { Session } from "./repl.ts";

/** A chain of names before the cursor: `env.KV?.ge`. Calls are left out, since completing must not run them. */
const CHAIN = /(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\??\.)*(?:[\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u;
const COMMAND = /^\s*\.(\w*)$/;

type Completion = [names: string[], of: string];

/**
 * The function that completes a line.
 * @param declared names that were declared by what was typed, which are no properties of the global scope
 * @param commands names of the REPL's own commands
 */
export function completerOf(session: Pick<Session, "complete">, declared: string[], commands: string[]) {
  return async (line: string): Promise<Completion> => {
    const command = COMMAND.exec(line)?.[1];
    if (command !== undefined) return [startingWith(command, commands, "").map((name) => `.${name}`), `.${command}`];
    const [written] = CHAIN.exec(line) as RegExpExecArray;
    if (isMember(line, written)) return [[], line];
    const at = written.lastIndexOf(".") + 1;
    const [before, prefix] = [written.slice(0, at), written.slice(at)];
    if (before === "" && prefix === "" && line.trim() !== "") return [[], line];
    const groups = await session.complete(before.split(/\??\./).slice(0, -1));
    const all = before === "" ? [declared, ...groups] : groups;
    const shown = new Set<string>();
    const names = all.flatMap((group) => {
      const found = startingWith(prefix, group, before).filter((name) => !shown.has(name));
      for (const name of found) shown.add(name);
      return found.length === 0 ? [] : [...found.sort(), ""];
    });
    return [names.slice(0, -1), written];
  };
}

/** Whether the chain continues from another expression: the result of a call, a text. */
const isMember = (line: string, written: string) => line.slice(0, line.length - written.length).endsWith(".");

const startingWith = (prefix: string, names: string[], before: string) =>
  names.filter((name) => name.startsWith(prefix)).map((name) => before + name);
