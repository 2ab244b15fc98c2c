// The door every spec enters by. It yields this package, or, when MINIFLARE_IMPL names a module, the implementation
// found there: the specs with the tag `oracle` describe Miniflare 2, so they can be run on it (`npm test -- --oracle`, or
// `MINIFLARE_IMPL=.../miniflare/dist/src/index.js node --experimental-vm-modules --test <spec>`).
// Where this package differs on purpose, a test has `differs(reason)`.

import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const chosen = process.env.MINIFLARE_IMPL;

/** True when the specs run on Miniflare 2, the oracle. */
export const isOracle = chosen !== undefined;

const implementation = await import(isOracle ? pathToFileURL(path.resolve(chosen)).href : "../../index.mjs");

export const { Miniflare, Log, LogLevel, Request, Response } = isOracle ? implementation.default : implementation;

/** Miniflare 2 has this one in a package of its own. */
export const { createFetchMock } = isOracle ? createRequire(path.resolve(chosen))("@miniflare/core") : implementation;

/** Options of a test whose behaviour is this package's own; the reason is shown when the oracle skips it. */
export function differs(reason) {
  return { skip: isOracle && `Miniflare 2 differs: ${reason}` };
}

/** An instance that is disposed when the test ends. A script with exports is taken for a module worker. */
export function create(t, options = {}) {
  const mf = new Miniflare(withFormat(options));
  t.after(() => mf.dispose());
  return mf;
}

/** An instance that is expected to fail while it starts, so that its disposal may fail too. */
export function createInvalid(t, options = {}) {
  const mf = new Miniflare(withFormat(options));
  t.after(() => mf.dispose().catch(() => {}));
  return mf;
}

function withFormat(options) {
  const hasExports = /\bexport (default|class|const|let|async|function|\{)/.test(options.script ?? "");
  return hasExports ? { modules: true, ...options } : options;
}
