// What an instance tells its user: levelled, prefixed, coloured lines on the console.

import path from "node:path";
import { dim, green, grey, red, reset, yellow } from "./ansi.ts";

/** Levels by name and, as an enum has them, names by level. */
const LogLevel = { NONE: 0, ERROR: 1, WARN: 2, INFO: 3, DEBUG: 4, VERBOSE: 5 };
for (const [name, level] of Object.entries(LogLevel)) LogLevel[level] = name;

const LABELS = ["", "err", "wrn", "inf", "dbg", "vrb"];
const COLOURS = [reset, red, yellow, green, grey, (text) => dim(grey(text))];

const cwd = process.cwd();
const cwdNodeModules = path.join(cwd, "node_modules");

// Stack frames outside the user's own files are dimmed, so that theirs stand out.
function dimForeignFrame(line) {
  const own = line.includes(cwd) && !line.includes(cwdNodeModules);
  return line.startsWith("    at") && !own ? dim(line) : line;
}

// The errors of the chain that each prefixed cause belongs to: a chain that bites its tail ends there.
const chains = new WeakMap();

function asCause(cause, chain) {
  if (!cause.stack) return cause;
  const prefixed = new Proxy(cause, {
    get: (target, key) => (key === "stack" ? `Cause: ${target.stack}` : Reflect.get(target, key)),
  });
  chains.set(prefixed, chain);
  return prefixed;
}

class Log {
  #prefix;
  #suffix;

  constructor(level = LogLevel.INFO, { prefix = "mf", suffix = "" } = {}) {
    this.level = level;
    this.#prefix = prefix ? `${prefix}:` : "";
    this.#suffix = suffix ? `:${suffix}` : "";
  }

  /** A log like this one, whose lines are marked with the suffix as well. */
  withSuffix(suffix) {
    const log = new Log(this.level, { suffix });
    log.#prefix = this.#prefix;
    return log;
  }

  log(message) {
    console.log(message);
  }

  logWithLevel(level, message) {
    if (level > this.level) return;
    this.log(COLOURS[level](`[${this.#prefix}${LABELS[level]}${this.#suffix}] ${message}`));
  }

  /** Prints the error and its causes. An error that the level would hide is thrown instead: none gets lost. */
  error(error) {
    if (this.level < LogLevel.ERROR) throw error;
    const text = error?.stack ? error.stack.split("\n").map(dimForeignFrame).join("\n") : String(error);
    this.logWithLevel(LogLevel.ERROR, text);
    this.#logCause(error);
  }

  // Through `this.error`, so that a subclass which collects errors sees every cause too.
  #logCause(error) {
    const cause = error?.cause;
    const chain = chains.get(error) ?? new Set([error]);
    if (!cause || chain.has(cause)) return;
    chain.add(cause);
    this.error(asCause(cause, chain));
  }

  warn(message) {
    this.logWithLevel(LogLevel.WARN, message);
  }

  info(message) {
    this.logWithLevel(LogLevel.INFO, message);
  }

  debug(message) {
    this.logWithLevel(LogLevel.DEBUG, message);
  }

  verbose(message) {
    this.logWithLevel(LogLevel.VERBOSE, message);
  }
}

/** The log of an instance that was given none: silent, and it throws the errors it is told. */
class NoOpLog extends Log {
  log() {}

  // No line is made that nobody sees.
  logWithLevel(level, message) {
    if (this.log !== NoOpLog.prototype.log) super.logWithLevel(level, message);
  }

  error(error) {
    throw error;
  }
}

export { Log, LogLevel, NoOpLog };
