// `miniflare-rs/jest`: Jest names it in its configuration, and makes one for each test file.

import type { MiniflareOptions } from "../index.d.ts";

/** Jest's environment for Node, with an instance of Miniflare in it. */
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
   * What `testEnvironmentOptions` takes: the options of an instance, and Jest's own. As JSON, booleans and numbers may be
   * text, of which Node warns; unknown names are errors.
   */
  export interface MiniflareEnvironmentOptions extends Omit<MiniflareOptions, "fetchMock" | "log"> {
    /** Which exports of packages the tests get. Default: `["worker", "browser"]`. */
    customExportConditions?: string[];
  }
  export { MiniflareEnvironment as TestEnvironment };
}

export = MiniflareEnvironment;
