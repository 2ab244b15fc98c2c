// `node scripts/bundle.mjs FOLDER`: the worker's own modules, each set as one file, for the snapshot. A module is some forty
// objects of the heap beside its code, and V8 makes all of them again for each isolate.
//
// Built-ins are bound in all of them, and in the scripts that stay apart (`bind-intrinsics.mjs`).
//
// `worker.js` is what every realm has: the modules that `worker/boot.js` imports. A room may have a `bundle.js`: it becomes a
// lazy script, one expression, of the modules that it imports and the others do not. What these import from modules that
// every realm has, they find in `internals.own`, which the module `worker/own.js` puts there; it is written here.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { bindIntrinsics } from "./bind-intrinsics.mjs";
import { scripts, source } from "./sources.mjs";
import { main, StepError } from "./steps.mjs";

const PREFIX = "ext:miniflare/";
const BOOT = `${PREFIX}worker/boot.js`;
const OWN = `${PREFIX}worker/own.js`;
const FROM = /^(?:import|export) (?:[^;"]*? from )?"([^"]+)";$/gm;
const NAMES = /^import \{([^}]*)\} from "([^"]+)";$/gm;

const fileOf = (id) => path.join(source, id.slice(PREFIX.length));
const isFile = (id) => id.startsWith(PREFIX) && id !== OWN;
const textOf = (id) => readFileSync(fileOf(id), "utf8");

/** The modules of ours that one imports, and those that these do, but for some. */
function reachable(entry, except = new Set(), found = new Set()) {
  if (!isFile(entry) || except.has(entry) || found.has(entry)) return found;
  found.add(entry);
  for (const [, imported] of textOf(entry).matchAll(FROM)) reachable(imported, except, found);
  return found;
}

/** The entries of the rooms' lazy scripts. */
function bundleEntries() {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const ids = folders.map(({ name }) => `${PREFIX}${name}/bundle.js`);
  return ids.filter((id) => existsSync(fileOf(id)));
}

/** What modules import from others than themselves: the names, by the module that has them. */
function imports(modules) {
  const byModule = new Map();
  for (const module of modules) {
    for (const [, list, from] of textOf(module).matchAll(NAMES)) {
      if (modules.has(from)) continue;
      const names = list.split(",").map((name) => name.split(" as ")[0].trim());
      const known = byModule.get(from) ?? [];
      byModule.set(from, new Set([...known, ...names.filter((name) => name !== "")]));
    }
  }
  return byModule;
}

/** What the lazy scripts share with every realm: the module that says so, and under which name each thing is there. */
class Shared {
  /** `module name` by the name in `internals.own`: the same, unless two modules export it. */
  #names = new Map();

  nameOf(module, name) {
    const wanted = `${module} ${name}`;
    let key = name;
    while ((this.#names.get(key) ?? wanted) !== wanted) key += "$";
    this.#names.set(key, wanted);
    return key;
  }

  /** The text of `worker/own.js`. */
  get module() {
    const all = [...this.#names].map(([key, wanted]) => [key, ...wanted.split(" ")]);
    const lines = all.map(([key, module, name]) => `import { ${name} as ${key} } from "${module}";`);
    const keys = all.map(([key]) => key).join(", ");
    return `import { internals } from "ext:core/mod.js";\n${lines.join("\n")}\ninternals.own = { ${keys} };\n`;
  }
}

/** Modules of ours are files; those of upstream are in the realm already. */
const everyRealm = (shared) => ({
  name: "every realm's",
  resolveId(id) {
    if (isFile(id)) return fileOf(id);
    if (id === OWN) return id;
    return id.startsWith("ext:") ? { id, external: true } : undefined;
  },
  load: (id) => (id === OWN ? shared.module : undefined),
});

/** Where a lazy script finds what upstream exports. */
const UPSTREAM = { "ext:core/mod.js": "__bootstrap", "ext:core/ops": "__bootstrap.core.ops" };

/** The modules of a lazy script are files; of others there is what they import from them. */
function lazily(modules, shared) {
  const imported = imports(modules);
  const places = new Map();
  for (const [module, names] of imported) {
    const known = [...names].map((name) => (module in UPSTREAM ? name : `${shared.nameOf(module, name)}: ${name}`));
    const place = UPSTREAM[module] ?? "__bootstrap.internals.own";
    places.set(module, `export const { ${known.join(", ")} } = ${place};`);
  }
  return {
    name: "lazily",
    resolveId: (id) => (modules.has(id) ? fileOf(id) : id.startsWith("ext:") ? id : undefined),
    load: (id) => places.get(id),
  };
}

/** An expression has no name; the code that runs it takes its value. */
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
  const ofEveryRealm = reachable(BOOT);
  const shared = new Shared();
  for (const entry of bundleEntries()) {
    const plugin = lazily(reachable(entry, ofEveryRealm), shared);
    const name = entry.slice(PREFIX.length);
    write(path.join("scripts", name), await bundled(name, plugin, "iife"), "script");
  }
  write("worker.js", await bundled(BOOT.slice(PREFIX.length), everyRealm(shared), "esm"), "module");
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
