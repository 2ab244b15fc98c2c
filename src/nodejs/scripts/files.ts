// The lazy script of `node:fs`.

import fs, { promises } from "../fs.ts";

export const modules = { fs, "fs/promises": promises };
