// Connections: kept for the next request of the instance, and gone with it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { create } from "../support/miniflare.mjs";
import { runScript } from "../support/child.mjs";
import { evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { serveCounted, serveTls, certificate } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const answer = (_, response) => response.end("answer");

describe("a connection", () => {
  test("serves requests one after the other, of all events, reloads and workers of the instance", async (t) => {
    const { origin, connections } = await serveCounted(t, answer);
    const script = `export default { async fetch(request, env) {
      for (let i = 0; i < 5; i++) await (await fetch("${origin}")).text();
      return env.OTHER?.fetch(request) ?? fetch("${origin}");
    } }`;
    const mf = create(t, {
      script,
      serviceBindings: { OTHER: "other" },
      mounts: { other: { modules: true, script } },
    });
    assert.equal(await text(mf), "answer");
    assert.equal(await text(mf), "answer");
    await mf.reload();
    assert.equal(await text(mf), "answer");
    assert.equal(connections(), 1);
  });

  test("serves the hops of a redirect", async (t) => {
    const { origin, connections } = await serveCounted(t, (request, response) => {
      if (request.url === "/there") response.end("there");
      else response.writeHead(302, { location: "/there" }).end("gone");
    });
    assert.equal(await evaluate(t, `return (await fetch("${origin}")).text();`), "there");
    assert.equal(connections(), 1);
  });

  test("is made for each request that is under way at the same time", async (t) => {
    const waiting = [];
    const { origin, connections } = await serveCounted(t, (_, response) => {
      if (waiting.push(response) === 8) for (const one of waiting) one.end("answer");
    });
    const ask = `fetch("${origin}").then((response) => response.text())`;
    await evaluate(t, `return Promise.all(Array.from({ length: 8 }, () => ${ask}));`);
    assert.equal(connections(), 8);
  });

  test("is not kept when the server closes it", async (t) => {
    const { origin, connections } = await serveCounted(t, (_, response) =>
      response.setHeader("connection", "close").end("answer"),
    );
    await evaluate(t, `for (let i = 0; i < 3; i++) await (await fetch("${origin}")).text();`);
    assert.equal(connections(), 3);
  });

  test("that the server has closed since is replaced, whatever the request", async (t) => {
    let socket;
    const { origin, connections } = await serveCounted(t, (request, response) => {
      socket = request.socket;
      request.resume().on("end", () => response.end("answer"));
    });
    const mf = create(t, {
      script: `export default { async fetch({ method }) {
        const body = method === "POST" ? "body" : method === "PUT" ? new Blob(["stream"]).stream() : undefined;
        return fetch("${origin}", { method, body });
      } }`,
      compatibilityDate: "2023-05-18",
    });
    await text(mf);
    for (const method of ["GET", "POST", "PUT"]) {
      // Both sides have, by the time that this one knows.
      await once(socket.end(), "close");
      assert.equal(await text(mf, URL_ROOT, { method }), "answer");
    }
    assert.equal(connections(), 4);
  });

  test("is another for another instance", async (t) => {
    const { origin, connections } = await serveCounted(t, answer);
    await evaluate(t, `return (await fetch("${origin}")).text();`);
    await evaluate(t, `return (await fetch("${origin}")).text();`);
    assert.equal(connections(), 2);
  });

  test("goes with its instance", async (t) => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    const { origin } = await serveCounted(t, (request, response) => {
      request.socket.on("close", closed);
      response.end("answer");
    });
    const mf = create(t, { script: `export default { fetch: () => fetch("${origin}") }` });
    await text(mf);
    await mf.dispose();
    await gone;
  });

  test("goes with its instance in the middle of a request", async (t) => {
    let closed;
    const gone = new Promise((resolve) => (closed = resolve));
    let asked;
    const arrived = new Promise((resolve) => (asked = resolve));
    const { origin } = await serveCounted(t, (request) => {
      request.socket.on("close", closed);
      asked();
    });
    const mf = create(t, { script: `export default { fetch: () => fetch("${origin}") }` });
    const failure = rejection(mf.dispatchFetch(URL_ROOT));
    await arrived;
    await mf.dispose();
    assert.equal((await failure).code, "ERR_DISPOSED");
    await gone;
  });

  test("that is kept does not keep Node's process", async (t) => {
    const { origin } = await serveCounted(t, answer);
    const source = (dispose) => `
      const mf = new Miniflare({ modules: true, script: \`export default { fetch: () => fetch("${origin}") }\` });
      console.log(await (await mf.dispatchFetch("http://localhost/")).text());
      ${dispose}`;
    for (const dispose of ["", "await mf.dispose();"]) {
      const { stdout, code, timedOut } = await runScript(source(dispose), { timeout: 20_000 });
      assert.deepEqual([stdout.trim(), code, timedOut], ["answer", 0, false]);
    }
  });

  test("over TLS is trusted as the worker's own options say", async (t) => {
    const { origin } = await serveTls(t, answer);
    const script = `export default {
      fetch: () => fetch("${origin}").catch(({ cause }) => new Response(cause.code)) }`;
    const mf = create(t, { script, fetchCa: certificate("ca.pem") });
    assert.equal(await text(mf), "answer");
    await mf.setOptions({ fetchCa: undefined });
    assert.equal(await text(mf), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  });
});
