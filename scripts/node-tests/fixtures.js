// In a worker, in place of `test/common/fixtures` of Node's tests: files that the test's host reads.
"use strict";

const path = require("node:path");

const read = (name, encoding) => {
  const bytes = Buffer.from(globalThis.nodeTest.read(name));
  return encoding === undefined ? bytes : bytes.toString(encoding);
};
const fixturesDir = "/test/fixtures";

module.exports = {
  fixturesDir,
  path: (...names) => path.join(fixturesDir, ...names),
  readKey: (name, encoding) => read(`keys/${name}`, encoding),
  readKeys: (encoding, ...names) => names.map((name) => read(`keys/${name}`, encoding)),
  readSync: (names, encoding) => read([names].flat().join("/"), encoding),
};
