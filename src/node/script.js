"use strict";
// The script of a worker: where it comes from, and the files its bindings are read from.

const fs = require("node:fs");
const path = require("node:path");
const { MiniflareCoreError, noScriptMessage } = require("./errors.js");

/** `{ path, text, fromFile }` of the script that the options name; an empty one when none has to be there. */
function readScript(options, root, isRequired) {
  const { script, scriptPath, modules } = options;
  const file = scriptPath === undefined ? undefined : path.resolve(root, scriptPath);
  if (script !== undefined) return { path: file ?? "<script>", text: script, fromFile: file !== undefined };
  if (file !== undefined) return { path: file, text: readFile(file, "scriptPath", "utf8"), fromFile: true };
  if (options.scriptRequired === false || !isRequired) return { path: "<script>", text: "", fromFile: false };
  throw new MiniflareCoreError("ERR_NO_SCRIPT", noScriptMessage(modules));
}

/** Everything that is bound, lowest priority first: `{ wasm, values }`, each `[name, value, ...]`. */
function readBindings(options, root) {
  const wasm = [];
  const values = [];
  for (const [name, file] of Object.entries(options.wasmBindings ?? {})) {
    wasm.push(name, new Uint8Array(readFile(path.resolve(root, file), `wasmBindings.${name}`)));
  }
  for (const [name, file] of Object.entries(options.textBlobBindings ?? {})) {
    values.push(name, readFile(path.resolve(root, file), `textBlobBindings.${name}`, "utf8"));
  }
  for (const [name, file] of Object.entries(options.dataBlobBindings ?? {})) {
    values.push(name, new Uint8Array(readFile(path.resolve(root, file), `dataBlobBindings.${name}`)).buffer);
  }
  values.push(...Object.entries(options.bindings ?? {}).flat());
  return { wasm, values };
}

/** Reads a file; the error says which option named it. */
function readFile(file, option, encoding) {
  try {
    return fs.readFileSync(file, encoding);
  } catch (error) {
    error.message += ` (named by the option "${option}")`;
    throw error;
  }
}

/** The user's module rules as the worker takes them: `[type, fallthrough, ...globs]` each. */
function moduleRules(options) {
  return (options.modulesRules ?? []).map(({ type, include, fallthrough = false }) => [type, fallthrough, ...include]);
}

/** A size as Miniflare logs it. */
function formatSize(bytes) {
  if (bytes < 512) return `${bytes}B`;
  if (bytes < 524_288) return `${(bytes / 1024).toFixed(2)}KiB`;
  return `${(bytes / 1_048_576).toFixed(2)}MiB`;
}

module.exports = { formatSize, moduleRules, readBindings, readScript };
