// The lazy script of `node:zlib`.

import zlib from "../zlib.ts";

export const modules = { zlib };
