// The lazy script of `node:fs`: the library's stand-ins, whose parts throw when they are used.

import fs from "unenv/node/fs";
import fsPromises from "unenv/node/fs/promises";

export const modules = { fs, "fs/promises": fsPromises };
