// Reading arguments, by the rules of the parser that Miniflare 2 used (`mri`), except where these surprise: what a person can
// only have meant is done, and docs/command-line.md says where.

import { OptionsError } from "../errors.ts";
import { fromTexts } from "./flag-values.ts";
import type { Flag } from "./flags.ts";

/** What the arguments say. */
export interface Told {
  /** Why they cannot be understood. */
  wrong?: string;
  asks?: "help" | "version";
  /** Options of the worker, by name. */
  options: Record<string, unknown>;
  /** Flags that are not options of a worker. */
  command: Record<string, unknown>;
}

/** A value as it was written; true for a flag alone, false for one that is negated. */
type Written = string | boolean;

/** The arguments by flag, and those without one. */
interface Read {
  values: Map<Flag, Written[]>;
  /** Values that may be the script, as their flag needs none. */
  swallowed: { of: Written[]; at: number }[];
  positionals: string[];
}

/** Told to the user as it is. */
class WrongArgument extends Error {}

const SCRIPT = /\.[cm]?js$/i;

/** Reads the arguments. Unknown flags are told of first, then help and version are given, and then values are checked. */
export function readArguments(args: string[], flags: Flag[]): Told {
  const told: Told = { options: {}, command: {} };
  try {
    const read = readAll(args, flags);
    const asked = (name: string) => flags.some((flag) => flag.name === name && read.values.get(flag)?.includes(true));
    if (asked("help")) return { ...told, asks: "help" };
    if (asked("version")) return { ...told, asks: "version" };
    giveScript(read);
    for (const flag of flags) take(flag, flag.name === "" ? read.positionals : read.values.get(flag), told);
  } catch (error) {
    if (!(error instanceof WrongArgument || error instanceof OptionsError)) throw error;
    told.wrong = error.message;
  }
  return told;
}

/** Puts the value of a flag, if it was given, where it belongs. */
function take(flag: Flag, written: Written[] | undefined, { options, command }: Told): void {
  if (written === undefined || written.length === 0) return;
  const value = valueFrom(flag, written);
  flag.check?.(value, flag.name === "" ? "script" : `--${flag.name}`);
  if (flag.check === undefined) command[flag.option] = value;
  else options[flag.option] = value;
  for (const [name, implied] of Object.entries(flag.implies)) options[name] ??= implied;
}

function readAll(args: string[], flags: Flag[]): Read {
  const read: Read = { values: new Map(), swallowed: [], positionals: [] };
  const long = new Map(flags.filter(({ name }) => name !== "").map((flag) => [flag.name, flag]));
  const short = new Map(flags.map((flag) => [flag.alias, flag]));
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg === "--") {
      read.positionals.push(...args.slice(index + 1));
      break;
    }
    if (arg === "-") continue;
    if (!arg.startsWith("-")) read.positionals.push(arg);
    else if (readFlag(arg, args[index + 1], { read, long, short, flags })) index++;
  }
  return read;
}

interface Known {
  read: Read;
  long: Map<string, Flag>;
  short: Map<string | undefined, Flag>;
  flags: Flag[];
}

/** Reads a flag, or a cluster of short ones; whether it has taken the next argument for its value. */
function readFlag(arg: string, next: string | undefined, { read, long, short, flags }: Known): boolean {
  const negated = /^--no-(.+)/.exec(arg)?.[1];
  if (negated !== undefined) {
    const flag = long.get(negated);
    if (flag === undefined) throw unexpected(arg, arg, flags);
    // It goes before all that was said of the flag so far.
    read.values.set(flag, [false]);
    return false;
  }
  const [, dashes, names, value] = /^(--?)([^=]*)(?:=([\s\S]*))?$/.exec(arg) as RegExpExecArray;
  const named = dashes === "--" ? [long.get(names)] : [...names].map((name) => short.get(name));
  for (const [index, flag] of named.entries()) {
    const name = dashes === "--" ? names : [...names][index];
    if (flag === undefined) throw unexpected(`${dashes}${name}`, arg, flags);
    if (index < named.length - 1) note(read, flag, true);
    else return noteLast(read, flag, value, next);
  }
  throw unexpected(arg, arg, flags);
}

/** Notes a flag that may have a value; whether that was the next argument. */
function noteLast(read: Read, flag: Flag, value: string | undefined, next: string | undefined): boolean {
  const isBare = flag.takes === "boolean" || next === undefined || next.startsWith("-");
  if (value !== undefined || isBare) {
    note(read, flag, value ?? true);
    return false;
  }
  const values = note(read, flag, next);
  if (flag.takes.startsWith("boolean/string") && SCRIPT.test(next))
    read.swallowed.push({ of: values, at: values.length - 1 });
  return true;
}

function note({ values }: Read, flag: Flag, value: Written): Written[] {
  const all = values.get(flag) ?? [];
  all.push(value);
  values.set(flag, all);
  return all;
}

/** `--kv-persist worker.js` is a flag without a value, and the script, if there is no other that can be. */
function giveScript({ positionals, swallowed }: Read): void {
  if (positionals.length > 0 || swallowed.length !== 1) return;
  const [{ of, at }] = swallowed;
  positionals.push(of[at] as string);
  of[at] = true;
}

function unexpected(shown: string, written: string, flags: Flag[]): WrongArgument {
  const { didYouMean } = require("./suggest.ts") as typeof import("./suggest.ts");
  return new WrongArgument(`Unexpected option: ${shown}${didYouMean(written, flags)}`);
}

function unexpectedValue({ name }: Flag, value: unknown, expected: string): WrongArgument {
  const shown = name === "" ? "script" : `--${name}`;
  return new WrongArgument(`Unexpected value for ${shown}: ${JSON.stringify(value)} (expected ${expected})`);
}

/** The value of an option. */
function valueFrom(flag: Flag, written: Written[]): unknown {
  const [kind, format] = flag.takes.split(/:(.*)/s);
  if (kind === "array") return listOf(flag, written, format);
  const values = written.map(asRead(kind));
  const [value] = values;
  // To say the same twice is to say it.
  const isOne = kind === "boolean" ? new Set(values).size === 1 : values.length === 1;
  if (!isOne) throw unexpectedValue(flag, values, kind);
  const types = kind.split("/");
  if (!types.includes(typeof value)) throw unexpectedValue(flag, value, kind);
  return format === undefined ? value : fromTexts(flag.takes, value);
}

function listOf(flag: Flag, written: Written[], format: string | undefined): unknown {
  const texts = written.map((value) => {
    if (value === false) throw unexpectedValue(flag, value, "array");
    return value === true ? "" : value;
  });
  if (format === undefined) return texts;
  const wrong = texts.find((text) => !text.includes("="));
  if (wrong !== undefined) throw unexpectedValue(flag, wrong, format);
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return fromTexts(flag.takes, pairs);
}

const WORDS = new Map([
  ["true", true],
  ["false", false],
]);

/** A value as the flag takes it: words are booleans, digits are numbers, and a flag alone is on, or an empty text. */
const asRead = (kind: string) => (value: Written) => {
  if (kind === "string") return value === true ? "" : value;
  if (typeof value !== "string") return value;
  if (kind === "number") return value.trim() !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
  return WORDS.get(value) ?? (kind === "boolean/string" && value === "" ? true : value);
};
