// The globals that the environment for Vitest makes: `import "miniflare-rs/vitest/globals"`, or `types` of a tsconfig.

import "./test-globals.d.ts";

declare global {
  /**
   * Makes the tests of the file, or of the block it is called in, undo what they have stored; returns a `describe` whose
   * blocks undo what their `beforeAll` has.
   */
  function setupMiniflareIsolatedStorage(): typeof import("vitest")["describe"];
}
