// Servers that are broken, or are not there: what fails, with which words, and that nothing hangs.

import { describe } from "node:test";
import assert from "node:assert/strict";
import zlib from "node:zlib";
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
  test("is named, with its port and the reason, without a listener there", async (t) => {
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
    "answers with an invalid status": ["HTTP/1.1 banana\r\n\r\n", (socket) => socket.end(), "HPE_INVALID_STATUS"],
    "answers with an invalid header": [
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
    "sends a chunk with an invalid size": [
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

  test("has sent all there is when it resets a body that has no end of its own", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\nenough", (socket) =>
      setTimeout(() => socket.resetAndDestroy(), 50),
    );
    const { status, text } = await failureOf(t, origin);
    assert.deepEqual([status, text], [413, "enough"]);
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

describe("a server that is hard to read", () => {
  const OK = "HTTP/1.1 200 OK\r\n";
  const read = {
    "says first that it goes on": `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 2\r\n\r\nok`,
    "speaks HTTP/1.0": "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
    "has no words for its status": "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok",
    "begins with an empty line": `\r\n${OK}content-length: 2\r\n\r\nok`,
    "folds its headers": `${OK}x-long: a\r\n b\r\ncontent-length: 2\r\n\r\nok`,
    "has extensions of chunks, and trailers": `${OK}transfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx-trailer: v\r\n\r\n`,
    "goes on after its body": `${OK}content-length: 2\r\n\r\nok and more`,
    "has a hundred and more headers": `${OK}${"x-a: b\r\n".repeat(150)}content-length: 2\r\n\r\nok`,
  };
  for (const [name, answer] of Object.entries(read)) {
    test(`is read when it ${name}`, async (t) => {
      const { status, text } = await failureOf(t, await serveText(t, answer));
      assert.deepEqual([status, text], [200, "ok"]);
    });
  }

  const refused = {
    "sends two lengths": [`${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, "HPE_INVALID_HEADER_TOKEN"],
    "sends an invalid length": [`${OK}content-length: -1\r\n\r\nok`, "HPE_INVALID_HEADER_TOKEN"],
    "sends headers without end": [`${OK}x-long: ${"a".repeat(600_000)}\r\n\r\n`, "UND_ERR_HEADERS_OVERFLOW"],
    "sends a chunk too large to count": [
      `${OK}transfer-encoding: chunked\r\n\r\n${"f".repeat(20)}\r\nok`,
      "HPE_INVALID_CHUNK_SIZE",
    ],
    "ends compressed content too soon": [
      Buffer.concat([
        Buffer.from(`${OK}content-encoding: gzip\r\ncontent-length: 20\r\n\r\n`),
        zlib.gzipSync("x".repeat(99)).subarray(0, 20),
      ]),
      "Z_DATA_ERROR",
    ],
  };
  for (const [name, [answer, code]] of Object.entries(refused)) {
    test(`is refused when it ${name}`, async (t) => {
      assert.equal((await failureOf(t, await serveText(t, answer))).code, code);
    });
  }
});

describe("a server that says nothing", () => {
  test("is given up before the headers after `fetchTimeoutMs`", async (t) => {
    const origin = await serveSocket(t, (socket) => socket.resume());
    const failure = await failureOf(t, origin, { fetchTimeoutMs: 100 });
    assert.deepEqual([failure.message, failure.code], ["fetch failed", "UND_ERR_HEADERS_TIMEOUT"]);
  });

  test("is given up within the body after `fetchTimeoutMs`", async (t) => {
    const origin = await serveText(t, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
    // Enough for the headers, however slow the machine is.
    const failure = await failureOf(t, origin, { fetchTimeoutMs: 5_000 });
    assert.deepEqual([failure.message, failure.code], ["terminated", "UND_ERR_BODY_TIMEOUT"]);
  });

  test("is waited for while it sends something now and then", async (t) => {
    const origin = await serve(t, (_, response) => {
      let sent = 0;
      // All in all longer than the limit; each pause may be four times as long before it exceeds it.
      const timer = setInterval(
        () => (++sent < 8 ? response.write("x") : (response.end(), clearInterval(timer))),
        1000,
      );
    });
    assert.equal((await failureOf(t, origin, { fetchTimeoutMs: 5000 })).text, "xxxxxxx");
  });

  test("is refused as an option when the time is invalid", async (t) => {
    const mf = createInvalid(t, { script: "", fetchTimeoutMs: 0 });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.message, 'Invalid option "fetchTimeoutMs": expected a positive, finite number, got 0 (number)');
  });
});
