// How esbuild is asked to build the `main` of a project: wrangler's settings, the project's own, and what stays out of the
// script.

import { builtinModules } from "node:module";
import path from "node:path";
import { enabledFlags } from "../options/compat.ts";
import type { BuildOptions, OnResolveArgs, Plugin, PluginBuild } from "esbuild";
import type { Log, ModuleRule } from "../../../index.d.ts";
import type { WorkerOptions } from "../options/config.ts";
import type { Project } from "../options/wrangler.ts";

/** A build in memory that tells of its files. */
type Settings = BuildOptions & { metafile: true; write: false };

/** Rules that wrangler adds after the user's. */
const RULES: ModuleRule[] = [
  { type: "ESModule", include: ["**/*.js", "**/*.mjs"] },
  { type: "CommonJS", include: ["**/*.cjs"] },
  { type: "Text", include: ["**/*.txt", "**/*.html", "**/*.sql"] },
  { type: "Data", include: ["**/*.bin"] },
  { type: "CompiledWasm", include: ["**/*.wasm"] },
];
const CODE = new Set(["ESModule", "CommonJS"]);

/** A rule of the user's replaces the default of its type, unless it falls through. */
function defaultRules(given: ModuleRule[] = []): ModuleRule[] {
  const replaced = new Set(given.filter(({ fallthrough }) => !fallthrough).map(({ type }) => type));
  return RULES.filter(({ type }) => !replaced.has(type));
}

function settingsOf(project: Project, options: WorkerOptions, rules: ModuleRule[], log: Log): Settings {
  const { config, main, folder } = project;
  const { define, alias, tsconfig, jsx_factory, jsx_fragment, minify, keep_names = true } = config;
  return {
    absWorkingDir: folder,
    entryPoints: [main],
    // Beside the entry, so that the paths of its source map and of its modules are relative to the entry's folder.
    outfile: `${main}.js`,
    write: false,
    bundle: true,
    metafile: true,
    logLevel: "silent",
    format: "esm",
    target: "es2022",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    loader: { ".js": "jsx", ".mjs": "jsx", ".cjs": "jsx" },
    sourcemap: "inline",
    minify,
    keepNames: keep_names,
    alias,
    tsconfig: tsconfig && path.resolve(folder, tsconfig),
    jsxFactory: jsx_factory,
    jsxFragment: jsx_fragment,
    define: {
      "process.env.NODE_ENV": JSON.stringify("development"),
      "navigator.userAgent": JSON.stringify("Cloudflare-Workers"),
      ...define,
    },
    external: ["cloudflare:*", "__STATIC_CONTENT_MANIFEST"],
    plugins: [modulesOfTheirOwn(path.dirname(main), rules), nodeModules(enabledFlags(options), log)],
  };
}

/** Leaves out of the script what rules name, and imports it by its path from the script's folder. */
function modulesOfTheirOwn(folder: string, rules: ModuleRule[]): Plugin {
  const globs = rules.filter(({ type }) => !CODE.has(type)).flatMap(({ include }) => include);
  const extensions = globs.flatMap((glob) => /\.[\w.]+$/.exec(glob) ?? []).map((name) => name.replaceAll(".", "\\."));
  const resolve = async (build: PluginBuild, { path: wanted, ...args }: OnResolveArgs) => {
    if (args.pluginData === folder) return undefined;
    const { resolveDir, kind, importer } = args;
    const file = wanted.replace(/\?module$/, "");
    const found = await build.resolve(file, { resolveDir, kind, importer, pluginData: folder });
    if (found.errors.length > 0) return { errors: found.errors };
    const relative = path.relative(folder, found.path).replaceAll(path.sep, "/");
    return { path: relative.startsWith(".") ? relative : `./${relative}`, external: true };
  };
  return {
    name: "modules of their own",
    setup(build) {
      if (extensions.length === 0) return;
      const filter = filterOf(build, `(?:${extensions.join("|")})(?:\\?module)?$`);
      build.onResolve({ filter }, (args) => resolve(build, args));
    },
  };
}

/** Where CommonJS modules of the script find a module of Node's. */
const REQUIRED = "modules-of-node";

/** Node's modules are not in the script. Without the flag that provides them, a package of the same name is. */
function nodeModules(flags: readonly string[], log: Log): Plugin {
  const marker = {};
  const hasModules = flags.includes("nodejs_compat");
  return {
    name: "node's modules",
    setup(build) {
      const names = builtinModules.map((name) => name.replaceAll("/", "\\/"));
      const filter = filterOf(build, `^(?:node:.*|${names.join("|")})$`);
      build.onResolve({ filter }, async ({ path: wanted, pluginData, resolveDir, kind, importer }) => {
        if (pluginData === marker) return undefined;
        if (hasModules) {
          const name = wanted.startsWith("node:") ? wanted : `node:${wanted}`;
          return kind === "require-call" ? { path: name, namespace: REQUIRED } : { path: name, external: true };
        }
        if (!wanted.startsWith("node:")) {
          const found = await build.resolve(wanted, { resolveDir, kind, importer, pluginData: marker });
          if (found.errors.length === 0 && !found.external) return found;
        }
        const from = path.relative(build.initialOptions.absWorkingDir as string, importer);
        log.warn(`${from} imports "${wanted}", a module of Node's: it needs the compatibility flag "nodejs_compat".`);
        return { path: wanted, external: true };
      });
      build.onLoad({ filter: filterOf(build, "^"), namespace: REQUIRED }, ({ path: name }) => ({
        contents: `import value from ${JSON.stringify(name)};\nmodule.exports = value;`,
      }));
    },
  };
}

/** esbuild takes regular expressions of its own realm only, which in a test environment is not that of this code. */
function filterOf({ onResolve }: PluginBuild, pattern: string): RegExp {
  const RegExpOfEsbuild = (onResolve.constructor as FunctionConstructor)("return RegExp")() as RegExpConstructor;
  return new RegExpOfEsbuild(pattern);
}

export { defaultRules, settingsOf };
export type { Settings };
