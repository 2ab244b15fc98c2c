// The lazy script of `node:assert` and `node:diagnostics_channel`.

import assert, { strict } from "../assert.ts";
import diagnosticsChannel from "../diagnostics-channel.ts";

export const modules = { assert, "assert/strict": strict, diagnostics_channel: diagnosticsChannel };
