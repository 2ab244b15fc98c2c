// The web platform in a worker. Most of its global scope is the table in `worker/globals.ts`; this is what is made later.

import { kinds } from "ext:miniflare/web/web-kinds.ts";
import { WEB_SCRIPTS } from "ext:miniflare/web/lazy-globals.ts";
import { addLanguage } from "ext:miniflare/web/navigator.ts";

export const room = {
  name: "web",
  lazyGlobals: WEB_SCRIPTS,
  kinds,
  bind({ flags }: { flags: string[] }): [string, unknown][] {
    if (flags.includes("enable_navigator_language")) addLanguage();
    return [];
  },
};
