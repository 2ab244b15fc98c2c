// Tags: every-node
// Bodies that are longer than what may wait on their way: to a server that reads slowly, whoever sends them waits.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { connect, partsOf, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const MIB = 1 << 20;
const SIZE = 96 * MIB;
/** What sockets, streams and the client hold of a body on its way, several times over. */
const MOST_UNDER_WAY = 40 * MIB;
const CHUNK = Buffer.alloc(MIB / 4, "a");

/** A server that reads a chunk of a request's body every few turns of Node's loop. `onRead` is told how much it has read. */
async function slowServer(t, onRead) {
  const server = http.createServer(async (req, res) => {
    let received = 0;
    for await (const chunk of req) {
      received += chunk.length;
      onRead(received);
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    res.end(`received ${received}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

const PASSING_ON = {
  "as it is": "request.body",
  "through a transform of its own": `request.body.pipeThrough(new TransformStream({
    transform(chunk, controller) { controller.enqueue(chunk); },
  }))`,
  "through an identity transform": `(() => {
    const { readable, writable } = new TransformStream();
    request.body.pipeTo(writable);
    return readable;
  })()`,
};

const script = (url, body) => `export default {
  async fetch(request) {
    const response = await fetch(${JSON.stringify(url)}, { method: "POST", body: ${body} });
    return new Response(await response.text());
  },
};`;
const OPTIONS = {
  modules: true,
  compatibilityFlags: ["streams_enable_constructors", "transformstream_enable_standard_constructor"],
};

for (const [how, body] of Object.entries(PASSING_ON)) {
  describe(`a worker that passes a body on ${how}`, () => {
    test("has the client of its server wait", async (t) => {
      let sent = 0;
      let most = 0;
      const url = await slowServer(t, (received) => (most = Math.max(most, sent - received)));
      const { port } = await start(t, { ...OPTIONS, script: script(url, body) });
      const connection = await connect(t, port);
      connection.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SIZE}\r\nConnection: close\r\n\r\n`);
      while (sent < SIZE) {
        sent += CHUNK.length;
        if (!connection.socket.write(CHUNK)) await once(connection.socket, "drain");
      }
      assert.equal(partsOf(await connection.closed()).body, `received ${SIZE}`);
      assert.ok(most < MOST_UNDER_WAY, `${most} bytes were under way`);
    });

    test("has the stream wait that a test dispatches", async (t) => {
      let sent = 0;
      let most = 0;
      const url = await slowServer(t, (received) => (most = Math.max(most, sent - received)));
      const { mf } = await start(t, { ...OPTIONS, script: script(url, body) });
      const stream = new ReadableStream({
        pull(controller) {
          sent += CHUNK.length;
          controller.enqueue(new Uint8Array(CHUNK));
          if (sent === SIZE) controller.close();
        },
      });
      const response = await mf.dispatchFetch("http://localhost/", { method: "POST", body: stream, duplex: "half" });
      assert.equal(await response.text(), `received ${SIZE}`);
      assert.ok(most < MOST_UNDER_WAY, `${most} bytes were under way`);
    });
  });
}
