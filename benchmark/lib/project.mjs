// A project of wrangler's in TypeScript, and how an implementation runs it. This package builds it by itself. Around Miniflare 4,
// the project's own esbuild has to be asked as wrangler asks it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { ROOT } from "./implementations.mjs";
import { ask } from "./instance.mjs";

const MODULES = 200;
const DATE = "2026-01-20";

/** What scenarios leave out: Miniflare 2 does not know TypeScript. */
export const leftOut = { m2: "no TypeScript" };

const moduleText = (index) => `interface Item${index} { id: number; name: string; tags?: string[] }
const known = new Map<number, Item${index}>();
export function make${index}(id: number, name = "item ${index}"): Item${index} {
  const item: Item${index} = { id, name, tags: ["a", "b"] };
  known.set(id, item);
  return item;
}
export class Store${index}<Value extends Item${index}> {
  #items: Value[] = [];
  add(item: Value): this {
    this.#items.push(item);
    return this;
  }
  find(id: number): Value | undefined {
    return this.#items.find((item) => item.id === id);
  }
}
export const value${index}: number = new Store${index}().add(make${index}(1)).find(1)!.id;
`;

const indexes = Array.from({ length: MODULES - 1 }, (_, index) => index);

const mainText = (version) => `${indexes.map((index) => `import { value${index} } from "./part${index}";`).join("\n")}
interface Env { VALUE: string }
const sum: number = ${indexes.map((index) => `value${index}`).join(" + ")};
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    return new Response(\`\${sum} ${version}\`);
  },
} satisfies ExportedHandler<Env>;
`;

/** A project in a folder of this repository, from which Node finds esbuild. */
class Project {
  folder;

  constructor() {
    const parent = path.join(ROOT, "benchmark", ".projects");
    mkdirSync(parent, { recursive: true });
    this.folder = mkdtempSync(path.join(parent, "project-"));
    mkdirSync(path.join(this.folder, "src"));
    this.#write("wrangler.jsonc", JSON.stringify({ name: "project", main: "src/index.ts", compatibility_date: DATE }));
    this.#write("package.json", JSON.stringify({ name: "project", private: true }));
    for (const index of indexes) this.#write(`src/part${index}.ts`, moduleText(index));
    this.edit(0);
  }

  #write(name, text) {
    writeFileSync(path.join(this.folder, name), text);
  }

  /** Changes the main module. */
  edit(version) {
    this.#write("src/index.ts", mainText(version));
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The project by its configuration: this package builds it. */
function ownRunner(Miniflare, { folder }, options) {
  const mf = new Miniflare({ wranglerConfigPath: path.join(folder, "wrangler.jsonc"), ...options });
  return { mf, reload: () => mf.reload(), close: () => mf.dispose() };
}

/** The project by esbuild, with the settings of wrangler 4, into a file that Miniflare 4 takes. */
async function otherRunner(Miniflare, { folder }) {
  const esbuild = createRequire(path.join(folder, "package.json"))("esbuild");
  const outfile = path.join(folder, ".wrangler", "index.js");
  const context = await esbuild.context({
    absWorkingDir: folder,
    entryPoints: ["src/index.ts"],
    outfile,
    bundle: true,
    metafile: true,
    logLevel: "silent",
    format: "esm",
    target: "es2024",
    platform: "browser",
    conditions: ["workerd", "worker", "browser"],
    loader: { ".js": "jsx", ".mjs": "jsx", ".cjs": "jsx" },
    sourcemap: true,
    keepNames: true,
    define: { "process.env.NODE_ENV": '"development"', "navigator.userAgent": '"Cloudflare-Workers"' },
    external: ["cloudflare:*"],
  });
  const optionsOf = () => ({ name: "project", compatibilityDate: DATE, modules: true, scriptPath: outfile });
  await context.rebuild();
  const mf = new Miniflare(optionsOf());
  const reload = async () => {
    await context.rebuild();
    await mf.setOptions(optionsOf());
  };
  const close = async () => {
    await context.dispose();
    await mf.dispose();
  };
  return { mf, reload, close };
}

/** Gives `use` a new project, and what runs it. */
export async function withProject(Miniflare, use) {
  const project = new Project();
  const run = (options) =>
    "getMount" in Miniflare.prototype ? ownRunner(Miniflare, project, options) : otherRunner(Miniflare, project);
  try {
    return await use(project, run);
  } finally {
    project.remove();
  }
}

export const answer = (version) => `${MODULES - 1} ${version}`;
export const askVersion = (mf, version) => ask(mf, answer(version));
