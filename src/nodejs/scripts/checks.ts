// The lazy script of `node:assert`, `node:diagnostics_channel` and `node:module`.

import assert, { strict } from "../assert.ts";
import module from "../module.ts";
import diagnosticsChannel from "../diagnostics-channel.ts";

export const modules = { assert, "assert/strict": strict, diagnostics_channel: diagnosticsChannel, module };
