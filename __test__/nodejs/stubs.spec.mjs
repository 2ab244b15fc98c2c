// Modules of Node that a worker can import, whose parts throw when they are used.

import { describe } from "node:test";
import { builtinModules } from "node:module";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { FLAGS } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

describe("modules of Node", () => {
  test("can all be imported", async (t) => {
    // Of the newer versions of Node, and of its tests, there are some more.
    const names = builtinModules.filter((name) => !/^(node:|sea$|test|sqlite$|quic|ffi|_)/.test(name));
    const imports = names.map((name, index) => `import * as m${index} from "node:${name}";`);
    const script = `${imports.join("\n")} const all = [${names.map((_, index) => `m${index}`).join()}];
      export default { fetch: () => Response.json(all.map((module) => typeof module.default)) };`;
    const types = await json(create(t, { script, ...FLAGS }));
    const missing = names.filter((_, index) => types[index] !== "object" && types[index] !== "function");
    assert.deepEqual(missing, []);
  });

  test("throw in use where there is nothing behind them", async (t) => {
    const script = `import child from "node:child_process"; import http2 from "node:http2";
      const outcome = async (work) => { try { return await work() } catch (error) { return error.message; } };
      export default { async fetch() { return Response.json([await outcome(() => child.exec("ls")), await outcome(() => http2.createServer()), await outcome(() => child.spawn("ls"))]); } };`;
    const messages = await json(create(t, { script, ...FLAGS }));
    for (const message of messages) assert.match(message, /^\[unenv\] .* is not implemented yet!$/);
  });

  test("have plain data", async (t) => {
    const script = `import os from "node:os"; import { builtinModules } from "node:module"; import constants from "node:constants"; import http from "node:http"; import { performance } from "node:perf_hooks"; import tty from "node:tty"; import { Console } from "node:console";
      export default { fetch: () => Response.json([os.EOL, builtinModules.includes("fs"), constants.O_RDONLY, http.STATUS_CODES[404], typeof performance.now(), tty.isatty(1)]) };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), ["\n", true, 0, "Not Found", "number", false]);
  });
});
