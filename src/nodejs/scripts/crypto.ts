// The lazy script of `node:crypto`.

import crypto from "../crypto.ts";

export const modules = { crypto };
