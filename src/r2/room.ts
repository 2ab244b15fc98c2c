// The R2 buckets of this worker: a lazy script (`bundle.ts`), which is loaded for a worker that has some.

import { load } from "ext:miniflare/realm/lazy.ts";
import type { R2Bucket } from "./r2-bucket.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/r2/bundle.ts": typeof import("./bundle.ts");
  }
}

export const room = {
  name: "r2",
  empty: { r2Buckets: [] },
  bind: ({ r2Buckets }: { r2Buckets: string[] }) =>
    r2Buckets.map((name): [string, R2Bucket] => [name, load("ext:miniflare/r2/bundle.ts").bucketNamed(name)]),
};
