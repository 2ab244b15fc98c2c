// A provider of coverage for Vitest that adds the counts of workers to those of the project's `@vitest/coverage-v8`: that
// provider, with workers' scripts converted by its own means and merged into its report.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { WorkerScripts } from "./vitest-scripts.ts";
import { writeCounts } from "./counts-folder.ts";
import type { Provider } from "./vitest-scripts.ts";

const PROVIDER = "@vitest/coverage-v8";

/** What Vitest asks of the module of a provider, of any version. */
interface ProviderModule {
  getProvider(): Promise<Provider>;
  startCoverage?(...args: unknown[]): unknown;
  takeCoverage?(...args: unknown[]): unknown;
  stopCoverage?(...args: unknown[]): unknown;
}

let loading: Promise<ProviderModule> | undefined;

function original(): Promise<ProviderModule> {
  loading ??= import(pathToFileURL(findProvider()).href).then((exported) => exported.default as ProviderModule);
  return loading;
}

/** In the thread or process of a test, Vitest keeps the root of the project here. */
interface VitestWorker {
  __vitest_worker__?: { config?: { root?: string } };
}

function findProvider(): string {
  const root = (globalThis as VitestWorker).__vitest_worker__?.config?.root;
  const paths = [root, process.cwd(), process.argv[1] && path.dirname(process.argv[1]), __dirname];
  for (const from of paths) {
    if (!from) continue;
    try {
      return createRequire(path.join(from, "package.json")).resolve(PROVIDER);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  const text = `miniflare-rs/vitest-coverage needs the package "${PROVIDER}", which is not installed where ${process.cwd()} finds it`;
  throw new Error(`${text}: run \`npm i -D ${PROVIDER}\`, in the version of your Vitest.`);
}

const providerModule: ProviderModule = {
  async getProvider() {
    const provider = await (await original()).getProvider();
    new WorkerScripts(provider).join();
    return provider;
  },
  async startCoverage(...args) {
    return (await original()).startCoverage?.(...args);
  },
  async takeCoverage(...args) {
    writeCounts();
    return (await original()).takeCoverage?.(...args);
  },
  async stopCoverage(...args) {
    return (await original()).stopCoverage?.(...args);
  },
};

export default providerModule;
