// The REPL's part in the worker's realm: it evaluates there, and shows results there, where their classes are. The build makes
// a script of this file, whose value is `createSession`; the REPL runs it in the worker.

import { inspect } from "node-inspect-extracted";

/** What the library asks of V8; the build puts it into the script. */
declare const native: { promiseDetails(promise: Promise<unknown>): [state: number, result: unknown] };

type Evaluate = (file: string, text: string) => unknown;

/** What upstream's classes are shown by. */
const SHOW = Symbol.for("Deno.privateCustomInspect");
const CUSTOM = Symbol.for("nodejs.util.inspect.custom");
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;
const BREAK_LENGTH = 80;

/**
 * Begins a session.
 * @param evaluate runs a script in the global scope
 * @param env the worker's bindings, which become a global
 * @param self the name of this script in stacks
 */
export function createSession(
  evaluate: Evaluate,
  promiseDetails: (typeof native)["promiseDetails"],
  env: unknown,
  self: string,
) {
  native.promiseDetails = promiseDetails;
  const scope = globalThis as Record<string, unknown>;
  define("env", env);
  const remember = { _: slot("_"), _error: slot("_error") };
  return { run, complete };

  /** The text of a script's value, or of what it throws; of what it promises, if it was made to await. */
  async function run(file: string, text: string, awaits: boolean, colors: boolean): Promise<string> {
    const show = (value: unknown) => inspect(presented(value), { colors, breakLength: BREAK_LENGTH });
    try {
      const result = evaluate(file, text);
      const value = awaits ? ((await result) as { value?: unknown } | undefined)?.value : result;
      remember._(value);
      trimStack(value, self);
      return show(value);
    } catch (error) {
      remember._error(error);
      trimStack(error, self);
      return uncaught(show(error));
    }
  }

  /** The names that may follow a chain of names: those of the object itself, then those of each prototype. */
  function complete(chain: string[]): string[][] {
    try {
      return namesOf(chain.length === 0 ? scope : chain.slice(1).reduce(member, evaluate("REPL", chain[0])));
    } catch {
      return [];
    }
  }

  function define(name: string, value: unknown): void {
    Object.defineProperty(scope, name, { value, writable: true, configurable: true, enumerable: true });
  }

  /** A global that holds the newest value, until something else is assigned to it. */
  function slot(name: string): (value: unknown) => void {
    let newest: unknown;
    Object.defineProperty(scope, name, {
      configurable: true,
      get: () => newest,
      set: (value) => define(name, value),
    });
    return (value) => {
      newest = value;
    };
  }
}

const member = (value: unknown, name: string) => (value as Record<string, unknown> | undefined)?.[name];

function namesOf(value: unknown): string[][] {
  const groups: string[][] = [];
  if (value === undefined || value === null) return groups;
  for (let one: unknown = Object(value); one !== null; one = Object.getPrototypeOf(one)) {
    groups.push(Object.getOwnPropertyNames(one).filter((name) => IDENTIFIER.test(name)));
  }
  return groups;
}

type Custom = (show: (value: unknown) => string, options: object) => unknown;

/** The value, or for an object of a class that shows itself, what it is shown as. */
function presented(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  teach(value);
  return value;
}

/** The prototypes that have learnt to show themselves by Node's symbol. */
const taught = new WeakSet<object>();

function teach(value: object): void {
  for (let one = Object.getPrototypeOf(value); one !== null && !taught.has(one); one = Object.getPrototypeOf(one)) {
    taught.add(one);
    const show = Object.getOwnPropertyDescriptor(one, SHOW)?.value as Custom | undefined;
    if (typeof show !== "function" || Object.hasOwn(one, CUSTOM)) continue;
    Object.defineProperty(one, CUSTOM, {
      configurable: true,
      value(this: object, _depth: number, options: object) {
        return show.call(this, (inner: unknown) => inspect(inner, options), options);
      },
    });
  }
}

/** Leaves out the frames below what was typed. */
function trimStack(error: unknown, self: string): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  const lines = error.stack.split("\n");
  const isSyntax = error.name === "SyntaxError";
  if (isSyntax && /^REPL\d+:\d+$/.test(lines[0])) lines.shift();
  const isFrame = (line: string) => /^\s+at /.test(line);
  const kept = lines.filter((line) => !isFrame(line) || !(isSyntax || line.includes(self) || line.includes("ext:")));
  Object.defineProperty(error, "stack", { value: kept.join("\n"), writable: true, configurable: true });
}

/** As Node has it: before the first line that names an error, or before all. */
function uncaught(shown: string): string {
  const text = /^\[.*\]$/s.test(shown) ? shown.slice(1, -1) : shown;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^(?:[A-Z][a-z0-9_]*)*Error/.test(line));
  if (at === -1) return `Uncaught${lines.length === 1 ? " " : ":\n"}${text}`;
  lines[at] = `Uncaught ${lines[at]}`;
  return lines.join("\n");
}
