// Tags: oracle, every-node
// The page that the option `open` names.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = "export default {};";

describe("getOpenURL", () => {
  for (const [options, expected] of [
    [{}, undefined],
    [{ open: false }, undefined],
    [{ open: true }, "http://localhost:8787/"],
    [{ open: true, port: 3000 }, "http://localhost:3000/"],
    [{ open: true, host: "127.0.0.1" }, "http://127.0.0.1:8787/"],
    [{ open: true, https: true }, "https://localhost:8787/"],
    [{ open: true, httpsKey: "key" }, "https://localhost:8787/"],
    [{ open: "http://example.com/page" }, "http://example.com/page"],
  ]) {
    test(`of ${JSON.stringify(options)} is ${expected}`, async (t) => {
      assert.equal(await create(t, { script, ...options }).getOpenURL(), expected);
    });
  }

  for (const [host, expected] of [
    ["0.0.0.0", "http://localhost:8787/"],
    ["::", "http://localhost:8787/"],
    ["::1", "http://[::1]:8787/"],
  ]) {
    test(`of the host ${host} can be opened`, differs("it names the host as it is"), async (t) => {
      assert.equal(await create(t, { script, open: true, host }).getOpenURL(), expected);
    });
  }
});
