// `node scripts/bundle.mjs FILE`: the worker's own modules as one, for the snapshot. A module is some forty objects of the
// heap beside its code, and V8 makes all of them anew for each isolate.
import path from "node:path";
import { rolldown } from "rolldown";
import { source } from "./sources.mjs";
import { main, StepError } from "./steps.mjs";

const OWN = "ext:miniflare/";

/** Modules of ours are files; those of upstream are in the realm already. */
const specifiers = {
  name: "specifiers",
  resolveId(id) {
    if (id.startsWith(OWN)) return path.join(source, id.slice(OWN.length));
    return id.startsWith("ext:") ? { id, external: true } : undefined;
  },
};

export async function bundle(file) {
  if (file === undefined) throw new StepError("no file to write to was given", "node scripts/bundle.mjs FILE");
  const input = path.join(source, "worker/boot.js");
  const bundled = await rolldown({ input, plugins: [specifiers], treeshake: false, logLevel: "warn" });
  await bundled.write({ file, format: "esm" });
}

main(import.meta.url, () => bundle(process.argv[2]));
