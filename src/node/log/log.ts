// What an instance tells its user: levelled, prefixed, coloured lines on the console.

import path from "node:path";
import { dim, green, grey, red, reset, yellow } from "./ansi.ts";
import type * as contract from "../../../index.d.ts";

/** Levels by name and, as an enum has them, names by level. */
const LogLevel: Record<keyof typeof contract.LogLevel, number> & Record<number, string> = {
  NONE: 0,
  ERROR: 1,
  WARN: 2,
  INFO: 3,
  DEBUG: 4,
  VERBOSE: 5,
};
for (const [name, level] of Object.entries(LogLevel)) LogLevel[level as number] = name;

const LABELS = ["", "err", "wrn", "inf", "dbg", "vrb"];
const COLOURS = [reset, red, yellow, green, grey, (text: string) => dim(grey(text))];

const cwd = process.cwd();
const cwdNodeModules = path.join(cwd, "node_modules");

// Stack frames outside the user's own files are dimmed, so that theirs stand out.
function dimForeignFrame(line: string): string {
  const own = line.includes(cwd) && !line.includes(cwdNodeModules);
  return line.startsWith("    at") && !own ? dim(line) : line;
}

// The errors of the chain that each prefixed cause belongs to: a chain that bites its tail ends there.
const chains = new WeakMap<object, Set<unknown>>();

function asCause(cause: Error, chain: Set<unknown>): Error {
  if (!cause.stack) return cause;
  const prefixed = new Proxy(cause, {
    get: (target, key) => (key === "stack" ? `Cause: ${target.stack}` : Reflect.get(target, key)),
  });
  chains.set(prefixed, chain);
  return prefixed;
}

class Log implements contract.Log {
  declare level: contract.LogLevel;
  #prefix: string;
  #suffix: string;

  constructor(level: contract.LogLevel = LogLevel.INFO, { prefix = "mf", suffix = "" }: contract.LogOptions = {}) {
    this.level = level;
    this.#prefix = prefix ? `${prefix}:` : "";
    this.#suffix = suffix ? `:${suffix}` : "";
  }

  /** A log like this one, whose lines are marked with the suffix as well. */
  withSuffix(suffix: string): Log {
    const log = new Log(this.level, { suffix });
    log.#prefix = this.#prefix;
    return log;
  }

  log(message: string): void {
    console.log(message);
  }

  logWithLevel(level: contract.LogLevel, message: string): void {
    if (level > this.level) return;
    this.log(COLOURS[level](`[${this.#prefix}${LABELS[level]}${this.#suffix}] ${message}`));
  }

  /** Prints the error and its causes. An error that the level would hide is thrown instead: none gets lost. */
  error(error: Error): void {
    if (this.level < LogLevel.ERROR) throw error;
    const text = error?.stack ? error.stack.split("\n").map(dimForeignFrame).join("\n") : String(error);
    this.logWithLevel(LogLevel.ERROR, text);
    this.#logCause(error);
  }

  // Through `this.error`, so that a subclass which collects errors sees every cause too.
  #logCause(error: Error): void {
    const cause = error?.cause as Error | undefined;
    const chain = chains.get(error) ?? new Set([error]);
    if (!cause || chain.has(cause)) return;
    chain.add(cause);
    this.error(asCause(cause, chain));
  }

  warn(message: string): void {
    this.logWithLevel(LogLevel.WARN, message);
  }

  info(message: string): void {
    this.logWithLevel(LogLevel.INFO, message);
  }

  debug(message: string): void {
    this.logWithLevel(LogLevel.DEBUG, message);
  }

  verbose(message: string): void {
    this.logWithLevel(LogLevel.VERBOSE, message);
  }
}

/** The log of an instance that was given none: silent, and it throws the errors it is told. */
class NoOpLog extends Log {
  override log(): void {}

  // A line that no output shows is not made.
  override logWithLevel(level: contract.LogLevel, message: string): void {
    if (this.log !== NoOpLog.prototype.log) super.logWithLevel(level, message);
  }

  override error(error: Error): never {
    throw error;
  }
}

export { Log, LogLevel, NoOpLog };
