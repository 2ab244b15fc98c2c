// The globals that the environment for Vitest makes: `import "miniflare-rs/vitest/globals"`, or `types` of a tsconfig.

import "./test-globals.d.ts";

declare global {
  /** A `describe` whose tests undo what they have stored, and which undoes what its `beforeAll` has. */
  function setupMiniflareIsolatedStorage(): typeof import("vitest")["describe"];
}
