// What events wait for, with the option `trackPending`.

import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/pending/bundle.ts": typeof import("./bundle.ts");
  }
}

const bundle = () => load("ext:miniflare/pending/bundle.ts");

export const room = {
  name: "pending",
  bind({ trackPending }: { trackPending?: boolean }) {
    if (trackPending) bundle().track();
    return [];
  },
  control: { pending: () => bundle().report() },
};
