// `miniflare-rs/vitest-coverage`, which Vitest's configuration names as its provider of coverage. Vitest may transform the modules
// that it imports itself; what is required stays as it is.

import { createRequire } from "node:module";

export default createRequire(import.meta.url)("../lib/node/vitest-coverage.js");
