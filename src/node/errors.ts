// The errors this package throws, and how values are shown in them.

import { inspect } from "node:util";
import { dim } from "./log/ansi.ts";
import type * as contract from "../../index.d.ts";

/** What all errors of this package are; `code` tells them apart. */
class MiniflareError<Code extends string | number = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    hide(this, "name", `${new.target.name} [${code}]`);
    Error.captureStackTrace(this, new.target);
  }
}

class MiniflareCoreError extends MiniflareError<contract.MiniflareCoreError["code"]> {}
class FetchError extends MiniflareError<contract.FetchError["code"]> {}
class RouterError extends MiniflareError<contract.RouterError["code"]> {}
class CacheError extends MiniflareError<contract.CacheError["code"]> {}
class DurableObjectError extends MiniflareError<contract.DurableObjectError["code"]> {}
class QueueError extends MiniflareError<contract.QueueError["code"]> {}
class SchedulerError extends MiniflareError<contract.SchedulerError["code"]> {}
/** What a store could not do; the codes begin with `ERR_STORAGE`. */
class StorageError extends MiniflareError<contract.StorageError["code"]> {}
class VMScriptRunnerError extends MiniflareError<contract.VMScriptRunnerError["code"]> {}
/** The command of the option `buildCommand` failed; `code` is its exit code, -1 when it has none. */
class BuildError extends MiniflareError<contract.BuildError["code"]> {}
/** An option with a value of the wrong type: `ERR_INVALID_OPTION`. */
class OptionsError extends MiniflareError<contract.OptionsError["code"]> {}
/** What ends an instance: `ERR_DISPOSED ERR_RELOADED ERR_CPU_LIMIT ERR_HEAP_LIMIT ERR_PANIC ERR_CLOCK ERR_LOAD
 * ERR_LISTEN ERR_CERTIFICATE ERR_REPLAY`,
 * and what it could not answer: `ERR_BROKEN_REALM`. */
class InstanceError extends MiniflareError<contract.InstanceError["code"]> {}

const classes = [
  MiniflareError,
  MiniflareCoreError,
  FetchError,
  RouterError,
  CacheError,
  DurableObjectError,
  QueueError,
  SchedulerError,
  StorageError,
  VMScriptRunnerError,
  BuildError,
  OptionsError,
  InstanceError,
];
const byName: ReadonlyMap<string, { readonly prototype: Error }> = new Map(classes.map((Class) => [Class.name, Class]));

/** The text of `ERR_NO_SCRIPT`: every place where a script can be named. */
function noScriptMessage(modules: boolean | undefined): string {
  const command = process.env.MINIFLARE_EXEC_NAME ?? "miniflare";
  const script = modules ? "dist/worker.mjs" : "dist/worker.js";
  const field = modules ? "module" : "main";
  const wrangler = ["[build.upload]", 'format = "modules"', 'dir = "dist"', 'main = "worker.mjs"'];
  return [
    "No script defined, either:",
    "- Pass it as a positional argument, if you're using the CLI",
    dim(`    $ ${command} ${script}`),
    "- Set the script or scriptPath option, if you're using the API",
    dim(`    new Miniflare({ scriptPath: "${script}" })`),
    `- Set ${field} in package.json`,
    dim(`    { "${field}": "${script}" }`),
    ...(modules ? ["- Set build.upload.main in wrangler.toml", ...wrangler.map((line) => dim(`    ${line}`))] : []),
    "",
  ].join("\n");
}

/** What calls of an instance reject with after its end. */
function disposed(): InstanceError {
  return new InstanceError(
    "ERR_DISPOSED",
    "This Miniflare instance has been disposed. Make a new one: new Miniflare({ ... })",
  );
}

/** A value in the short form that error messages show: `"yes" (string)`, `[ 1, 2 ] (array)`, `null`. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const text = typeof value === "string" ? JSON.stringify(value) : inspect(value, INSPECT_SHORT);
  return `${text.length > 60 ? `${text.slice(0, 57)}...` : text} (${Array.isArray(value) ? "array" : typeof value})`;
}
const INSPECT_SHORT = { depth: 0, breakLength: Infinity, compact: true, customInspect: false };

/** The text that shows what was thrown, whatever it is. */
function describeThrown(thrown: unknown): string {
  try {
    return String((thrown as Partial<Error> | null | undefined)?.stack ?? thrown);
  } catch {
    return inspect(thrown);
  }
}

function hide(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

export {
  MiniflareError,
  MiniflareCoreError,
  FetchError,
  RouterError,
  CacheError,
  DurableObjectError,
  QueueError,
  SchedulerError,
  StorageError,
  VMScriptRunnerError,
  BuildError,
  OptionsError,
  InstanceError,
  byName,
  disposed,
  noScriptMessage,
  describe,
  describeThrown,
};
