// Miniflare 4, the oracle of features that are newer than Miniflare 2. The benchmarks compare with it too, and install it.

import { createRequire } from "node:module";
import { installPeer } from "../../benchmark/lib/implementations.mjs";

const { module } = installPeer("m4");

export const { Miniflare: Miniflare4, Response: Response4, NoOpLog: NoOpLog4 } = createRequire(module)(module);
