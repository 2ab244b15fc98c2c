// Options of Miniflare 2 for rooms that do not exist yet. None is ignored silently: loading the worker logs a warning for each
// option with `standIns`, and its bindings throw an error that names the missing feature.

import { booleanOrString, strings } from "./check.ts";
import type { OptionGroup, OptionRows } from "./table.ts";

/** An option for each kind of binding, and one that says where it is stored. */
type R2Options = { r2Buckets: string[]; r2Persist: boolean | string };
type D1Options = { d1Databases: string[]; d1Persist: boolean | string };

const r2 = {
  plugin: "R2Plugin",
  missing: "R2",
  options: {
    r2Buckets: {
      check: strings,
      needsWorker: true,
      label: "R2 Buckets",
      flag: "-r, --r2",
      help: "R2 bucket to bind",
      wrangler: ({ r2_buckets }) => r2_buckets?.map(({ binding }) => binding),
      standIns: {
        names: (buckets) => buckets,
        methods: ["head", "get", "put", "delete", "list", "createMultipartUpload", "resumeMultipartUpload"],
      },
    },
    r2Persist: {
      check: booleanOrString,
      keeps: "r2",
      folder: ".mf/r2",
      label: "R2 Persistence",
      flag: "--r2-persist",
      help: "Persist R2 data (to optional path)",
      wrangler: "miniflare.r2_persist",
    },
  } satisfies OptionRows<R2Options>,
};

const d1 = {
  plugin: "D1Plugin",
  missing: "D1",
  options: {
    d1Databases: {
      check: strings,
      needsWorker: true,
      label: "D1 Namespaces",
      flag: "--d1",
      help: "D1 namespace to bind",
      wrangler: ({ d1_databases }) => d1_databases?.map(({ binding }) => binding),
      standIns: { names: (databases) => databases, methods: ["prepare", "dump", "batch", "exec"] },
    },
    d1Persist: {
      check: booleanOrString,
      keeps: "d1",
      folder: ".mf/d1",
      label: "D1 Persistence",
      flag: "--d1-persist",
      help: "Persist D1 data (to optional path)",
      wrangler: "miniflare.d1_persist",
    },
  } satisfies OptionRows<D1Options>,
};

const groups: OptionGroup[] = [r2, d1];
export default groups;
