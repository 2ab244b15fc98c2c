// The web platform in a worker. Most of its global scope is the table in `worker/globals.js`; this is what is made later.

import { kinds } from "ext:miniflare/web/web-kinds.js";
import { WEB_SCRIPTS } from "ext:miniflare/web/lazy-globals.js";

export const room = { name: "web", lazyGlobals: WEB_SCRIPTS, kinds };
