// A worker that reads a file of its site, as `@cloudflare/kv-asset-handler` does: by its key, which is the same in each
// implementation, from the disk.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const TEXT = "x".repeat(1024);
const script = `const key = "$__MINIFLARE_SITES__$/index.html";
export default {
  async fetch(request, env) {
    const bytes = await env.__STATIC_CONTENT.get(key, { type: "arrayBuffer" });
    return new Response(bytes);
  },
};`;

export default {
  name: "s63-site",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that answers with a file of its site",
  async run({ Miniflare }) {
    const sitePath = mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-site-"));
    writeFileSync(path.join(sitePath, "index.html"), TEXT);
    try {
      return await withInstance(Miniflare, { script, sitePath }, (mf) =>
        microsPerCall(() => ask(mf, TEXT), { warmUp: 200, calls: 1500 }),
      );
    } finally {
      rmSync(sitePath, { recursive: true });
    }
  },
};
