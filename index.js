"use strict";
// The door for CommonJS. What it gives is `src/node/index.ts`, bundled.

const miniflare = requireBundle();

function requireBundle() {
  try {
    return require("./lib/node/index.js");
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || !error.message.includes("lib/node/index.js")) throw error;
    throw new Error("miniflare-rs is not built: run `npm run build` in the clone", { cause: error });
  }
}

// Said by its name so that Node, which looks for the names of what is imported, does not read the bundle for them.
module.exports = miniflare;
