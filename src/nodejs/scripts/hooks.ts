// The lazy script of `node:async_hooks`.

import asyncHooks from "../async-hooks.ts";

export const modules = { async_hooks: asyncHooks };
