// `miniflare-rs/jest`: Jest's configuration names it, and Jest creates one for each test file.

import type { MiniflareOptions } from "../index.d.ts";

/** What Jest's environment for Node makes for a test file, with an instance of Miniflare. */
declare class MiniflareEnvironment {
  constructor(config: object, context: object);
  setup(): Promise<void>;
  teardown(): Promise<void>;
  getVmContext(): object | null;
  exportConditions(): string[];
  handleTestEvent(event: { name: string }): Promise<void>;
}

declare namespace MiniflareEnvironment {
  /**
   * The type of `testEnvironmentOptions`: the options of an instance, and those of Jest. Booleans and numbers may be
   * texts, as in JSON, with a warning in Node. Unknown names are errors.
   */
  export interface MiniflareEnvironmentOptions extends Omit<MiniflareOptions, "fetchMock" | "log"> {
    /** The export conditions for packages that tests load. Default: `["worker", "browser"]`. */
    customExportConditions?: string[];
    /** What Jest 30 does at the end of a test file with what the file has left in its global scope. Default: nothing. */
    globalsCleanup?: "on" | "soft" | "off";
  }
  export { MiniflareEnvironment as TestEnvironment };
}

export = MiniflareEnvironment;
