// Tags: oracle, every-node
// Protocols other than HTTP: refused, or taken for `http:` with a warning, as a compatibility flag says.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { evaluate, json, rejection } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const WARNING =
  "Worker passed an invalid URL to fetch(). URLs passed to fetch() must begin with either 'http:' or 'https:', not 'ftp:'. Due to a historical bug, any other protocol used here will be treated the same as 'http:'. We plan to correct this bug in the future, so please update your Worker to use 'http:' or 'https:' for all fetch() URLs.";
const OF_WEB_SOCKETS =
  " Note that fetch() treats WebSockets as a special kind of HTTP request, therefore WebSockets should use 'http:'/'https:', not 'ws:'/'wss:'.";

const echo = (request, response) =>
  request
    .resume()
    .on("end", () => response.end(JSON.stringify([request.method, request.url, request.headers["x-key"]])));

async function ask(t, expression) {
  const origin = (await serve(t, echo)).replace("http:", "");
  const log = new RecordingLog();
  const script = `export default { async fetch() {
    const origin = "${origin}";
    return new Response(JSON.stringify(await (await fetch(${expression})).json()));
  } }`;
  const seen = await json(create(t, { log, script }));
  const warnings = log.having("[mf:wrn] ").filter((line) => line.startsWith("Worker passed"));
  return { seen, warnings };
}

describe("a URL of another protocol", () => {
  test("is taken for one of http: before 2021-11-10, with a warning", async (t) => {
    const { seen, warnings } = await ask(t, `"ftp:" + origin + "/path"`);
    assert.deepEqual(seen, ["GET", "/path", null]);
    assert.deepEqual(warnings, [WARNING]);
  });

  test("is warned of in words of its own when it is a web socket's", async (t) => {
    const { warnings } = await ask(t, `"wss:" + origin + "/path"`);
    assert.deepEqual(warnings, [WARNING.replace("ftp:", "wss:") + OF_WEB_SOCKETS]);
  });

  test("keeps the rest of the request", async (t) => {
    const init = `{ method: "PUT", body: "sent", headers: { "X-Key": "v" } }`;
    const { seen } = await ask(t, `new Request("ftp:" + origin + "/path", ${init})`);
    assert.deepEqual(seen, ["PUT", "/path", "v"]);
    const both = await ask(t, `new Request("ftp:" + origin + "/path"), ${init}`);
    assert.deepEqual(both.seen, ["PUT", "/path", "v"]);
  });

  test("is refused from 2021-11-10 on, or by the flag", async (t) => {
    const refused = (options) =>
      evaluate(t, `return fetch("ftp://localhost/a b").catch(({ name, message }) => [name, message]);`, options);
    const expected = ["TypeError", "Fetch API cannot load: ftp://localhost/a%20b"];
    assert.deepEqual(await refused({ compatibilityDate: "2021-11-10" }), expected);
    assert.deepEqual(await refused({ compatibilityFlags: ["fetch_refuses_unknown_protocols"] }), expected);
  });

  test("is not refused when the flag's opposite is given", async (t) => {
    const script = `export default { fetch: () => fetch("ftp://127.0.0.1:1/") }`;
    const compatibilityFlags = ["fetch_treats_unknown_protocols_as_http"];
    const mf = create(t, { script, compatibilityDate: "2022-01-01", compatibilityFlags });
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/"))).message, "fetch failed");
  });
});

describe("an invalid URL", () => {
  test("rejects the fetch", async (t) => {
    const seen = await evaluate(t, `return fetch("/relative").catch(({ name }) => name);`);
    assert.equal(seen, "TypeError");
  });
});
