// Options of what is bound: values, files, and other workers.

import { anyRecord, boolean, booleanOrString, isFunction, isString, optional, paths } from "./check.ts";
import { record, shape, string } from "./check.ts";
import type { OptionRows } from "./table.ts";

const service = shape(
  { service: string, environment: optional(string), entrypoint: optional(string), props: optional(anyRecord) },
  'a service name, an object like { service: "name", entrypoint: "Class" }, or a function',
  (value) => isString(value) || isFunction(value),
);

const options = {
  envPath: {
    check: booleanOrString,
    file: ".env",
    flag: "-e, --env",
    takes: "string",
    help: "Path to .env file",
    wrangler: "miniflare.env_path",
  },
  envPathDefaultFallback: { check: boolean },
  bindings: {
    check: anyRecord,
    label: "Custom Bindings",
    flag: "-b, --binding",
    help: "Binds variable/secret to environment",
  },
  globals: {
    check: anyRecord,
    label: "Custom Globals",
    flag: "--global",
    help: "Binds variable/secret to global scope",
    wrangler: "miniflare.globals",
  },
  wasmBindings: {
    check: paths,
    needsWorker: true,
    label: "WASM Bindings",
    flag: "--wasm",
    takes: "array:NAME=PATH",
    help: "WASM module to bind",
    wrangler: "wasm_modules",
  },
  textBlobBindings: {
    check: paths,
    flag: "--text-blob",
    takes: "array:NAME=PATH",
    help: "Text blob to bind",
    wrangler: "text_blobs",
  },
  dataBlobBindings: {
    check: paths,
    flag: "--data-blob",
    takes: "array:NAME=PATH",
    help: "Data blob to bind",
    wrangler: "data_blobs",
  },
  serviceBindings: {
    check: record(service),
    needsWorker: true,
    flag: "-S, --service",
    takes: "array:NAME=MOUNT[@ENV]",
    help: "Mounted service to bind",
    wrangler: (config, { log }) =>
      (require("./wrangler-keys.ts") as typeof import("./wrangler-keys.ts")).services(config, log),
  },
} satisfies OptionRows;

export const plugin = "BindingsPlugin";
export { options };
