// The globals that the environment for Vitest defines: `import "miniflare-rs/vitest/globals"`, or `types` of a
// tsconfig.

import "./test-globals.d.ts";

declare global {
  /**
   * Isolates the storage of the tests of the file, or of the block that calls it: the writes of each test are undone.
   *
   * @returns a `describe` whose blocks also undo the writes of their `beforeAll`
   */
  function setupMiniflareIsolatedStorage(): typeof import("vitest")["describe"];
}
