// `node scripts/bundle.mjs FOLDER`: the worker's own modules, each set as one file, for the snapshot. A module is some forty
// objects of the heap beside its code, and V8 makes all of them again for each isolate.
//
// Built-ins are bound in all of them (`bind-intrinsics.mjs`).
//
// `worker.js` is what every realm has: the modules that `worker/boot.ts` imports. A room may have a `bundle.ts`: it becomes a
// lazy script, one expression, of the modules that it imports and the others do not. What these import from modules that
// every realm has, they find in `internals.own`, which the module `worker/own.js` puts there; it is written here.
//
// Modules that extensions list in Rust become scripts of their own, one expression each: Node runs them too, upstream's
// scripts load them, or workers load them late. What is imported from one is taken out of it with `loadExtScript`.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";
import { bindIntrinsics } from "./bind-intrinsics.mjs";
import { bundlePackages, isOfPackage } from "./bundle-packages.mjs";
import { source } from "./sources.mjs";
import { main, StepError } from "./steps.mjs";

const PREFIX = "ext:miniflare/";
const BOOT = `${PREFIX}worker/boot.ts`;
const OWN = `${PREFIX}worker/own.js`;
/** Plain JavaScript, which is filled in below. */
const BOUND = `${PREFIX}worker/bound.js`;

const nameOf = (id) => id.slice(PREFIX.length);
const fileOf = (id) => path.join(source, nameOf(id));
const isFile = (id) => id.startsWith(PREFIX) && id !== OWN;

/** The module that an import names: relative ones are of ours. */
function target(specifier, importer) {
  if (!specifier.startsWith(".")) return specifier;
  return PREFIX + path.posix.join(path.posix.dirname(nameOf(importer)), specifier);
}

const known = new Map();

/** What a module imports, types left out: `{ from, names }` each. */
function importsOf(module) {
  let imports = known.get(module);
  if (imports === undefined) {
    const { body } = parseAst(readFileSync(fileOf(module), "utf8"), { lang: "ts", sourceType: "module" });
    const statements = body.filter(
      ({ source, importKind, exportKind }) => source && (importKind ?? exportKind) !== "type",
    );
    imports = statements.map(({ source, specifiers }) => ({
      from: target(source.value, module),
      names: namesOf(specifiers),
    }));
    known.set(module, imports);
  }
  return imports;
}

function namesOf(specifiers = []) {
  const values = specifiers.filter(({ importKind, exportKind }) => (importKind ?? exportKind) !== "type");
  return values.flatMap(({ type, imported, local }) =>
    type === "ImportSpecifier" ? [imported.name] : type === "ExportSpecifier" ? [local.name] : [],
  );
}

/** The modules that become scripts of their own, by the lists in Rust. */
function scriptsApart() {
  const ids = readdirSync(source, { recursive: true })
    .filter((file) => file.endsWith(".rs"))
    .flatMap((file) => [...readFileSync(path.join(source, file), "utf8").matchAll(/\blazy_loaded_js = \[([^\]]*)\]/g)])
    .flatMap(([, list]) => [...list.replace(/\bdir "[^"]*"/, "").matchAll(/"([^"]+)"(?: = "[^"]+")?/g)])
    .map(([, name]) => (name.startsWith("ext:") ? name : PREFIX + name));
  return new Set(ids.filter((id) => id.startsWith(PREFIX)));
}

const APART = scriptsApart();

/** The modules of ours that one imports, and those that these do, but for scripts of their own and some others. */
function reachable(entry, except = new Set(), found = new Set([entry])) {
  for (const { from } of importsOf(entry)) {
    if (!isFile(from) || APART.has(from) || except.has(from) || found.has(from)) continue;
    found.add(from);
    reachable(from, except, found);
  }
  return found;
}

/** The entries of the rooms' lazy scripts. */
function bundleEntries() {
  const folders = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const ids = folders.flatMap(({ name }) => [`${PREFIX}${name}/bundle.ts`, `${PREFIX}${name}/bundle.js`]);
  return ids.filter((id) => existsSync(fileOf(id)));
}

/** The entries of scripts that packages are bundled into: `src/<room>/scripts/*.ts`. */
function packageEntries() {
  const rooms = readdirSync(source, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return rooms.flatMap(({ name }) => {
    const folder = path.join(source, name, "scripts");
    const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".ts")) : [];
    return files.map((file) => `${PREFIX}${name}/scripts/${file}`);
  });
}

/** What modules import from others than themselves: the names, by the module that has them. */
function imports(modules) {
  const byModule = new Map();
  for (const { from, names } of [...modules].flatMap(importsOf)) {
    if (!modules.has(from)) byModule.set(from, new Set([...(byModule.get(from) ?? []), ...names]));
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

const load = (core, script) => `${core}.loadExtScript("${script}")`;
const taken = (names, place) => `export const { ${[...names].join(", ")} } = ${place};\n`;

/** The plugin of a bundle: some modules are files, others have a text, and the rest is in the realm already. */
function placed(modules, textOf) {
  const idOf = (file) => PREFIX + path.relative(source, file).split(path.sep).join("/");
  return {
    name: "placed",
    files: new Set([...modules].map(fileOf)),
    resolveId(specifier, importer) {
      if (importer === undefined || isOfPackage(importer)) return undefined;
      const id = specifier.startsWith(".") ? target(specifier, idOf(importer)) : specifier;
      if (modules.has(id)) return fileOf(id);
      if (!id.startsWith("ext:")) return undefined;
      return textOf(id) === undefined ? { id, external: true } : id;
    },
    load: (id) => (id.startsWith("ext:") ? textOf(id) : undefined),
  };
}

/** The modules that every realm has. */
function everyRealm(modules, shared) {
  const imported = imports(modules);
  return placed(modules, (id) => {
    if (id === OWN) return shared.module;
    if (!APART.has(id)) return undefined;
    return `import { core } from "ext:core/mod.js";\n${taken(imported.get(id), load("core", id))}`;
  });
}

/** Where a script finds what upstream exports. */
const UPSTREAM = { "ext:core/mod.js": "__bootstrap", "ext:core/ops": "__bootstrap.core.ops" };

/** The modules of a script; of others there is what they import from them. */
function asScript(modules, shared) {
  const places = new Map();
  for (const [module, names] of imports(modules)) {
    if (!module.startsWith("ext:")) continue;
    const place = UPSTREAM[module] ?? (APART.has(module) ? load("__bootstrap.core", module) : undefined);
    const key = (name) => (place === undefined ? `${shared.nameOf(module, name)}: ${name}` : name);
    places.set(module, taken([...names].map(key), place ?? "__bootstrap.internals.own"));
  }
  return placed(modules, (id) => places.get(id));
}

/** Scripts of their own may be loaded before there is anything to share. */
const NOTHING = {
  nameOf(module) {
    const remedy = "list it among `lazy_loaded_js` of an extension, or import it from modules alone";
    throw new StepError(`a script of its own imports ${module}, which every realm has`, remedy);
  },
};

/** An expression has no name; the code that runs it takes its value. */
const isOfTheName = ({ code }) => code === "MISSING_NAME_OPTION_FOR_IIFE_EXPORT";
const onLog = (level, log, handle) => isOfTheName(log) || handle(level, log);

async function bundled(entry, plugin, format) {
  const bundle = await rolldown({ input: fileOf(entry), plugins: [plugin], treeshake: false, logLevel: "warn", onLog });
  const { output } = await bundle.generate({ format });
  return output[0].code;
}

export async function bundle(folder) {
  if (folder === undefined) throw new StepError("no folder to write to was given", "node scripts/bundle.mjs FOLDER");
  const used = new Set();
  const write = (name, text, kind) => writeText(path.join(folder, name), bindIntrinsics(text, kind, used));
  const writeScript = async (entry, plugin) =>
    write(path.join("scripts", nameOf(entry)), await bundled(entry, plugin, "iife"), "script");
  const ofEveryRealm = reachable(BOOT);
  const shared = new Shared();
  for (const entry of bundleEntries()) await writeScript(entry, asScript(reachable(entry, ofEveryRealm), shared));
  for (const entry of packageEntries()) {
    const modules = reachable(entry, ofEveryRealm);
    const text = await bundlePackages(fileOf(entry), asScript(modules, shared), onLog);
    writeText(path.join(folder, "scripts", nameOf(entry)), text);
  }
  write("worker.js", await bundled(BOOT, everyRealm(ofEveryRealm, shared), "esm"), "module");
  for (const script of APART) {
    if (script !== BOUND) await writeScript(script, asScript(reachable(script, ofEveryRealm), NOTHING));
  }
  const bound = readFileSync(fileOf(BOUND), "utf8");
  const names = JSON.stringify([...used].sort());
  writeText(path.join(folder, "scripts", nameOf(BOUND)), bound.replace("NAMES = []", `NAMES = ${names}`));
}

function writeText(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

main(import.meta.url, () => bundle(process.argv[2]));
