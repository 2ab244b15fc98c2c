// Servers that are broken, or are not there: what fails, with which words, and that nothing hangs.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid } from "../support/miniflare.mjs";
import { evaluate, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { closedPort, deafPort, serve, serveSocket, serveText } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** What a fetch in a worker fails with, and the facts of its cause. */
const failureOf = (t, url, options = {}) =>
  evaluate(
    t,
    `
    const shown = ({ name, message, cause }) => ({
      name, message, code: cause?.code, reason: cause?.message, hostname: cause?.hostname, port: cause?.port });
    try {
      const response = await fetch(${JSON.stringify(url)});
      return await response.text().then((text) => ({ status: response.status, text }), shown);
    } catch (error) {
      return shown(error);
    }`,
    options,
  );

const portOf = (origin) => Number(new URL(origin).port);

describe("a server that cannot be reached", () => {
  test("is named, with its port and the reason, when nobody listens", async (t) => {
    const port = await closedPort();
    assert.deepEqual(await failureOf(t, `http://127.0.0.1:${port}/`), {
      name: "TypeError",
      message: "fetch failed",
      code: "ECONNREFUSED",
      reason: `connect ECONNREFUSED 127.0.0.1:${port}`,
      hostname: "127.0.0.1",
      port,
    });
  });

  test("is named when its name means nothing", async (t) => {
    const { message, code, reason, hostname, port } = await failureOf(t, "http://nowhere.invalid:81/");
    assert.deepEqual([message, hostname, port], ["fetch failed", "nowhere.invalid", 81]);
    assert.match(code, /^(ENOTFOUND|EAI_AGAIN)$/);
    assert.equal(reason, `getaddrinfo ${code} nowhere.invalid`);
  });

  test("is named when it does not answer for 10 seconds", async (t) => {
    const port = await deafPort(t);
    const began = performance.now();
    assert.deepEqual(await failureOf(t, `http://127.0.0.1:${port}/`), {
      name: "TypeError",
      message: "fetch failed",
      code: "UND_ERR_CONNECT_TIMEOUT",
      reason: `Connect Timeout Error (127.0.0.1:${port})`,
      hostname: "127.0.0.1",
      port,
    });
    assert.ok(performance.now() - began >= 9_900);
  });

  test("is reported in Node too, when the worker does not catch it", async (t) => {
    const port = await closedPort();
    const mf = create(t, { script: `export default { fetch: () => fetch("http://127.0.0.1:${port}/") }` });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.ok(error instanceof TypeError);
    assert.deepEqual([error.message, error.cause.code, error.cause.port], ["fetch failed", "ECONNREFUSED", port]);
  });
});

describe("a server that breaks off", () => {
  const broken = {
    "closes before it answers": ["", (socket) => socket.end(), "UND_ERR_SOCKET"],
    "resets the connection": ["", (socket) => socket.resetAndDestroy(), "ECONNRESET"],
    "closes within the headers": ["HTTP/1.1 200 OK\r\ncontent-le", (socket) => socket.end(), "UND_ERR_SOCKET"],
    "answers with something else": ["SSH-2.0-OpenSSH_9.0\r\n\r\n", (socket) => socket.end(), "HPE_INVALID_VERSION"],
    "answers with a status that is none": ["HTTP/1.1 banana\r\n\r\n", (socket) => socket.end(), "HPE_INVALID_STATUS"],
    "answers with a header that is none": [
      "HTTP/1.1 200 OK\r\nbroken header\r\n\r\n",
      (socket) => socket.end(),
      "HPE_INVALID_HEADER_TOKEN",
    ],
  };
  for (const [name, [answer, after, code]] of Object.entries(broken)) {
    test(`fails the fetch when it ${name}`, async (t) => {
      const origin = await serveText(t, answer, after);
      const failure = await failureOf(t, origin);
      assert.deepEqual([failure.name, failure.message, failure.code], ["TypeError", "fetch failed", code]);
      assert.ok(failure.reason.includes(`127.0.0.1:${portOf(origin)}`), failure.reason);
    });
  }

  const half = {
    "closes within a body of known length": [
      "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
      (socket) => socket.end(),
      "UND_ERR_SOCKET",
    ],
    "resets within a body": [
      "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
      (socket) => setTimeout(() => socket.resetAndDestroy(), 50),
      "ECONNRESET",
    ],
    "closes between chunks": [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
      (socket) => socket.end(),
      "UND_ERR_SOCKET",
    ],
    "sends a chunk whose size is none": [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhalf\r\n",
      () => {},
      "HPE_INVALID_CHUNK_SIZE",
    ],
    "sends a body that is not compressed as it says": [
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!",
      () => {},
      "Z_DATA_ERROR",
    ],
  };
  for (const [name, [answer, after, code]] of Object.entries(half)) {
    test(`fails who reads when it ${name}`, async (t) => {
      const origin = await serveText(t, answer, after);
      const failure = await failureOf(t, origin);
      assert.deepEqual([failure.name, failure.message, failure.code], ["TypeError", "terminated", code]);
      assert.ok(failure.reason.includes(`127.0.0.1:${portOf(origin)}`), failure.reason);
    });
  }

  test("gives the part of a body that came before", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", (socket) => socket.end());
    const seen = await evaluate(
      t,
      `
      const response = await fetch("${origin}");
      let text = "";
      try {
        for await (const chunk of response.body) text += new TextDecoder().decode(chunk);
      } catch (error) {
        return [text, error.message];
      }`,
    );
    assert.deepEqual(seen, ["half", "terminated"]);
  });

  test("fails whom the worker hands the body to", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", (socket) =>
      setTimeout(() => socket.end(), 50),
    );
    const mf = create(t, { script: `export default { fetch: () => fetch("${origin}") }` });
    const response = await mf.dispatchFetch(URL_ROOT);
    const error = await rejection(response.text());
    assert.ok(error.message === "terminated" || error.cause?.message === "terminated", String(error));
  });

  test("does not spoil the requests that come after", async (t) => {
    const broken = await serveText(t, "", (socket) => socket.destroy());
    const sound = await serve(t, (_, response) => response.end("sound"));
    const seen = await evaluate(
      t,
      `
      const failed = await fetch("${broken}").catch(({ message }) => message);
      return [failed, await (await fetch("${sound}")).text()];`,
    );
    assert.deepEqual(seen, ["fetch failed", "sound"]);
  });
});

describe("a server that says nothing", () => {
  test("is given up before the headers after `fetchTimeoutMs`", async (t) => {
    const origin = await serveSocket(t, (socket) => socket.resume());
    const failure = await failureOf(t, origin, { fetchTimeoutMs: 100 });
    assert.deepEqual([failure.message, failure.code], ["fetch failed", "UND_ERR_HEADERS_TIMEOUT"]);
  });

  test("is given up within the body after `fetchTimeoutMs`", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    const failure = await failureOf(t, origin, { fetchTimeoutMs: 100 });
    assert.deepEqual([failure.message, failure.code], ["terminated", "UND_ERR_BODY_TIMEOUT"]);
  });

  test("is waited for while it sends something now and then", async (t) => {
    const origin = await serve(t, (_, response) => {
      let sent = 0;
      const timer = setInterval(() => (++sent < 8 ? response.write("x") : (response.end(), clearInterval(timer))), 100);
    });
    assert.equal((await failureOf(t, origin, { fetchTimeoutMs: 500 })).text, "xxxxxxx");
  });

  test("is refused as an option when the time is none", async (t) => {
    const mf = createInvalid(t, { script: "", fetchTimeoutMs: 0 });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.message, 'Invalid option "fetchTimeoutMs": expected a positive, finite number, got 0 (number)');
  });
});
