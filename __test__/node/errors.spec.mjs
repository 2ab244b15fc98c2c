// Tags: every-node
import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import internals from "../../lib/node/internals.js";

const { FetchError, MiniflareError, noScriptMessage } = internals;

test("errors carry a code and a name that shows it", () => {
  const cause = new Error("why");
  const error = new FetchError("ERR_NO_HANDLER", "No fetch handler", cause);
  assert.ok(error instanceof MiniflareError);
  assert.equal(error.name, "FetchError [ERR_NO_HANDLER]");
  assert.equal(error.code, "ERR_NO_HANDLER");
  assert.equal(error.cause, cause);
  assert.match(error.stack, /^FetchError \[ERR_NO_HANDLER\]: No fetch handler\n {4}at .*errors\.spec\.mjs/);
  assert.equal("cause" in new FetchError("ERR_X", "x"), false);
});

test("a missing script is explained for service workers and for modules", () => {
  const classic = `No script defined, either:
- Pass it as a positional argument, if you're using the CLI
    $ miniflare dist/worker.js
- Set the script or scriptPath option, if you're using the API
    new Miniflare({ scriptPath: "dist/worker.js" })
- Set main in package.json
    { "main": "dist/worker.js" }
`;
  const modules = `No script defined, either:
- Pass it as a positional argument, if you're using the CLI
    $ miniflare dist/worker.mjs
- Set the script or scriptPath option, if you're using the API
    new Miniflare({ scriptPath: "dist/worker.mjs" })
- Set module in package.json
    { "module": "dist/worker.mjs" }
- Set build.upload.main in wrangler.toml
    [build.upload]
    format = "modules"
    dir = "dist"
    main = "worker.mjs"
`;
  const plain = (text) => stripVTControlCharacters(text);
  assert.equal(plain(noScriptMessage(false)), classic);
  assert.equal(plain(noScriptMessage(true)), modules);
});
