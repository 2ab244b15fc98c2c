// `fetch` to servers, as a worker has it: a lazy script (`bundle.ts`), which is loaded with the first fetch.

import "ext:miniflare/fetch/failures.ts";
import "ext:miniflare/fetch/fetch-context.ts";
// One for all scripts of a realm.
import "ext:miniflare/network/configure.ts";
import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/fetch/bundle.ts": typeof import("./bundle.ts");
  }
}

function fetch(input: RequestInfo | URL, init: RequestInit | null | undefined = undefined) {
  return load("ext:miniflare/fetch/bundle.ts").fetch(input, init);
}

export const room = { name: "fetch", functions: { fetch } };
