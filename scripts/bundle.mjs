// `node scripts/bundle.mjs FOLDER`: the worker's own modules, each set as one file, for the snapshot. A module is some forty
// objects of the heap beside its code, and V8 makes all of them anew for each isolate.
//
// Built-ins are bound in all of them, and in the scripts that stay apart (`bind-intrinsics.mjs`).
//
// `worker.js` is what every realm has. `durable.js` is a lazy script, one expression: what it imports from the others it
// finds where these have put it together (`src/worker/own.js`).
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { bindIntrinsics } from "./bind-intrinsics.mjs";
import { scripts, source } from "./sources.mjs";
import { main, StepError } from "./steps.mjs";

const OWN = "ext:miniflare/";
const IMPORT = /^import \{([^}]*)\} from "([^"]+)";$/gm;

const fileOf = (id) => path.join(source, id.slice(OWN.length));

/** Modules of ours are files; those of upstream are in the realm already. */
const everyRealm = {
  name: "every realm's",
  resolveId(id) {
    if (id.startsWith(OWN)) return fileOf(id);
    return id.startsWith("ext:") ? { id, external: true } : undefined;
  },
};

/** The modules of the room of Durable Objects. */
const ROOM = ["alarms", "entries", "gate", "life", "objects", "outside", "state", "storage", "transaction"].map(
  (name) => `${OWN}durable/${name}.js`,
);

/** Where a lazy script finds what it imports from modules that every realm has. */
const PLACES = { "ext:core/mod.js": "__bootstrap", "ext:core/ops": "__bootstrap.core.ops" };
const placeOf = (id) => PLACES[id] ?? "__bootstrap.internals.own";

/** The modules of a lazy script are files; of others there is what they import from them. */
const lazily = {
  name: "lazily",
  resolveId: (id) => (ROOM.includes(id) ? fileOf(id) : id.startsWith("ext:") ? id : undefined),
  load(id) {
    if (!id.startsWith("ext:")) return undefined;
    return `export const { ${[...namesImported(id)].join(", ")} } = ${placeOf(id)};`;
  },
};

function namesImported(id) {
  const imports = ROOM.flatMap((module) => [...readFileSync(fileOf(module), "utf8").matchAll(IMPORT)]);
  const names = imports.flatMap(([, names, from]) => (from === id ? names.split(",") : []));
  return new Set(names.map((name) => name.split(" as ")[0].trim()).filter((name) => name !== ""));
}

/** An expression has no name; whoever runs it takes its value. */
const isOfTheName = ({ code }) => code === "MISSING_NAME_OPTION_FOR_IIFE_EXPORT";
const onLog = (level, log, handle) => isOfTheName(log) || handle(level, log);

async function bundled(entry, plugin, format) {
  const input = path.join(source, entry);
  const bundle = await rolldown({ input, plugins: [plugin], treeshake: false, logLevel: "warn", onLog });
  const { output } = await bundle.generate({ format });
  return output[0].code;
}

/** The scripts that are one expression each, as they are in the sources; Node runs some of them too. */
const isScript = (text) => /^\(\(\) => \{/m.test(text);
const BOUND = "worker/bound.js";

export async function bundle(folder) {
  if (folder === undefined) throw new StepError("no folder to write to was given", "node scripts/bundle.mjs FOLDER");
  const used = new Set();
  const write = (name, text, kind) => writeText(path.join(folder, name), bindIntrinsics(text, kind, used));
  write("worker.js", await bundled("worker/boot.js", everyRealm, "esm"), "module");
  write("durable.js", await bundled("durable/room.js", lazily, "iife"), "script");
  const files = scripts().map((file) => [path.relative(source, file), readFileSync(file, "utf8")]);
  for (const [name, text] of files) {
    if (name !== BOUND && !`/${name}`.includes("/node/") && isScript(text))
      write(path.join("scripts", name), text, "script");
  }
  const bound = readFileSync(path.join(source, BOUND), "utf8");
  const names = JSON.stringify([...used].sort());
  writeText(path.join(folder, "scripts", BOUND), bound.replace("NAMES = []", `NAMES = ${names}`));
}

function writeText(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

main(import.meta.url, () => bundle(process.argv[2]));
