// Workers made of several files, for the specs about modules.

import path from "node:path";
import { create, createInvalid, isOracle } from "./miniflare.mjs";
import { json, rejection, URL_ROOT } from "./dispatch.mjs";
import { folder } from "./files.mjs";

/** A module that answers with the JSON of `expression`. */
export const answer = (expression) =>
  `export default { async fetch(request, env) { return Response.json(${expression}); } };`;

const located = (t, files) => ({ modules: true, rootPath: folder(t, files), scriptPath: Object.keys(files)[0] });

/** What a worker whose first file is the entry answers with. */
export const answered = (t, files, options = {}) => json(create(t, { ...located(t, files), ...options }));

/** Why a worker whose first file is the entry fails, and where its files are. */
export async function failed(t, files, options = {}) {
  const found = located(t, files);
  const error = await rejection(createInvalid(t, { ...found, ...options }).dispatchFetch(URL_ROOT));
  return { error, root: found.rootPath };
}

/** The text of an error about an import that cannot be resolved. */
export function unresolved(root, importer, specifier, why) {
  return `Unable to resolve "${path.relative("", path.join(root, importer))}" dependency "${specifier}": ${why}`;
}

export const BUNDLE_HINT = "If you're trying to import an npm package, you'll need to bundle your Worker first.";

export const BUILTIN_HINT =
  "If you're trying to import a Node.js built-in module, or an npm package that uses Node.js built-ins, " +
  "you'll either need to:\n" +
  "- Bundle your Worker, configuring your bundler to polyfill Node.js built-ins\n" +
  "- Configure your bundler to load Workers-compatible builds by changing the main fields/conditions\n" +
  "- Find an alternative package that doesn't require Node.js built-ins" +
  // What there is here beside that.
  (isOracle ? "" : '\n- Enable the Workers runtime\'s own Node.js modules with the compatibility flag "nodejs_compat"');
