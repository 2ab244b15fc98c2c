// The first examples of the documents on usage, on what requests wait for and on tails print what their comments say.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe } from "node:test";
import { root, run } from "../support/child.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

const DOCUMENTS = ["docs/usage.md", "docs/pending.md", "docs/tails.md"];

/** The first example of a document, and what it prints. */
function exampleOf(document) {
  const [, code] = /^```js\n([\s\S]*?)^```/m.exec(fs.readFileSync(path.join(root, document), "utf8"));
  const printed = [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => text);
  return { code, printed };
}

describe("the first example of", () => {
  for (const document of DOCUMENTS) {
    test(`${document} prints what it says`, async (t) => {
      const { code, printed } = exampleOf(document);
      assert.ok(printed.length > 1, code);
      const text = code.replace('"miniflare-rs"', JSON.stringify(path.join(root, "index.mjs")));
      const cwd = folder(t, { "example.mjs": text });
      const { code: status, stdout, stderr } = await run(process.execPath, ["example.mjs"], { cwd });
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trimEnd().split("\n"), printed);
    });
  }
});
