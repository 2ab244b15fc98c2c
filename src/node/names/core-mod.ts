// What the worker's own modules import of deno_core, as far as those need it that Node has as well.

import { types } from "node:util";
const { isNativeError } = types;

/** `loadExtScript` gives upstream's scripts; of these, the one of `DOMException` alone is asked for. */
const core = { isNativeError, loadExtScript: () => ({ DOMException }) };

export { core };
