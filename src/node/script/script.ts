// The script of a worker: where it comes from, and the files its bindings are read from.

import path from "node:path";
import { FILE_BINDINGS } from "../options/config.ts";
import { MiniflareCoreError, noScriptMessage } from "../errors.ts";
import { readFile } from "./files.ts";
import { serviceNames } from "../instance/services.ts";
import type { WorkerOptions } from "../options/config.ts";

export interface Script {
  path: string;
  text: string;
  /** Whether `path` is that of a file. */
  fromFile: boolean;
}

export type WasmBinding = [name: string, file: string, bytes: Uint8Array];

export interface ReadBindings {
  wasm: WasmBinding[];
  /** `[name, value, ...]`. */
  values: unknown[];
}

/** A module rule as the worker takes it. */
export type WorkerRule = [type: string, fallthrough: boolean, ...globs: string[]];

/** The script that the options name; an empty one when none has to be there. */
function readScript(options: WorkerOptions, root: string, isRequired: boolean): Script {
  const { script, scriptPath, modules } = options;
  const file = scriptPath === undefined ? undefined : path.resolve(root, scriptPath);
  if (script !== undefined) return { path: file ?? "<script>", text: script, fromFile: file !== undefined };
  if (file !== undefined) return { path: file, text: readFile(file, "scriptPath", "utf8"), fromFile: true };
  if (options.scriptRequired === false || !isRequired) return { path: "<script>", text: "", fromFile: false };
  throw new MiniflareCoreError("ERR_NO_SCRIPT", noScriptMessage(modules));
}

/** Everything that is bound; of the same name, the later wins. */
function readBindings(options: WorkerOptions, root: string): ReadBindings {
  const wasm: WasmBinding[] = [];
  const values = new Map<string, unknown>(Object.entries(options[FILE_BINDINGS] ?? {}));
  for (const [name, file] of Object.entries(options.wasmBindings ?? {})) {
    const found = path.resolve(root, file);
    wasm.push([name, found, new Uint8Array(readFile(found, `wasmBindings.${name}`))]);
    values.delete(name);
  }
  for (const [name, file] of Object.entries(options.textBlobBindings ?? {})) {
    values.set(name, readFile(path.resolve(root, file), `textBlobBindings.${name}`, "utf8"));
  }
  for (const [name, file] of Object.entries(options.dataBlobBindings ?? {})) {
    values.set(name, new Uint8Array(readFile(path.resolve(root, file), `dataBlobBindings.${name}`)).buffer);
  }
  for (const name of serviceNames(options)) values.delete(name);
  for (const [name, value] of Object.entries(options.bindings ?? {})) values.set(name, value);
  return { wasm, values: [...values].flat() };
}

/** The user's module rules. */
function moduleRules(options: WorkerOptions): WorkerRule[] {
  return (options.modulesRules ?? []).map(({ type, include, fallthrough = false }) => [type, fallthrough, ...include]);
}

/** A size as Miniflare logs it. */
function formatSize(bytes: number): string {
  if (bytes < 512) return `${bytes}B`;
  if (bytes < 524_288) return `${(bytes / 1024).toFixed(2)}KiB`;
  return `${(bytes / 1_048_576).toFixed(2)}MiB`;
}

export { formatSize, moduleRules, readBindings, readScript };
