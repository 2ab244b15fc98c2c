// D1 databases in specs. Miniflare 2 has them by way of a native module that it loads from the network when it is missing: the
// oracle needs it in `node_modules`, as `npm install --no-save better-sqlite3@8.0.1` puts it there.

import { createRequire } from "node:module";
import { isOracle } from "./miniflare.mjs";

/** Whether Miniflare 2 can open databases. */
export const hasOracleD1 = canLoad("better-sqlite3");
const isMissing = isOracle && !hasOracleD1;

function canLoad(name) {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}

/** A `test` that the oracle skips when it has no SQLite. */
export const withD1 =
  (test) =>
  (name, ...rest) => {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    return test(name, { ...options, skip: (isMissing && "better-sqlite3 is missing") || options.skip }, body);
  };
