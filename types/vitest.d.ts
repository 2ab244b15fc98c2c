// `miniflare-rs/vitest`: Vitest is told its path in its configuration, and sets it up for each test file.

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
   * What `environmentOptions` takes: the options of an instance. As JSON, booleans and numbers may be text, of which Node
   * warns; unknown names are errors.
   */
  export type MiniflareEnvironmentOptions = Omit<MiniflareOptions, "fetchMock" | "log">;
}

export = environment;
