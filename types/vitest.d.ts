// `miniflare-rs/vitest`: Vitest's configuration contains its path, and Vitest sets it up for each test file.

import type { MiniflareOptions } from "../index.d.ts";

declare const environment: {
  readonly name: string;
  readonly viteEnvironment: string;
  setup(
    global: Record<string, unknown>,
    options: environment.MiniflareEnvironmentOptions,
  ): Promise<{ teardown(): Promise<void> }>;
};

declare namespace environment {
  /**
   * The type of `environmentOptions`: the options of an instance. Booleans and numbers may be texts, as in JSON, with a
   * warning in Node. Unknown names are errors.
   */
  export type MiniflareEnvironmentOptions = Omit<MiniflareOptions, "fetchMock" | "log">;
}

export = environment;
