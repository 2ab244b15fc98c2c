// `cloudflare:sockets` on Miniflare 4 and here: the same snippets, and what each returns or throws.

import assert from "node:assert/strict";
import { after, describe } from "node:test";
import { once } from "node:events";
import net from "node:net";
import { Miniflare } from "../support/miniflare.mjs";
import { echo } from "../support/tcp-server.mjs";
import { within } from "../support/test.mjs";

/** Miniflare 4 may have to be installed. */
const test = within(300_000);

const HELPERS = `
  const { connect } = sockets;
  const encode = (value) => new TextEncoder().encode(value);
  const show = (error) => [error.name, error.message.replaceAll(String(port), "<port>")];
  const caught = (work) => { try { return work(); } catch (error) { return show(error); } };
  const settled = (promise) => promise.then((value) => value?.done === true ? "end" : value instanceof Uint8Array ? value.length : (value ?? null), show);
  const open = async (options) => { const socket = connect("127.0.0.1:" + port, options); await socket.opened; return socket; };
`;

const SNIPPETS = {
  "has a class that is no global": `const socket = await open(); return [Object.prototype.toString.call(socket), socket.constructor.name, Object.getOwnPropertyNames(Object.getPrototypeOf(socket)).sort(), Object.keys(socket), typeof Socket, socket.upgraded, socket.secureTransport];`,
  "says what it is connected to": `const { remoteAddress } = await (await open()).opened; const named = await connect({ hostname: "localhost", port }).opened; return [remoteAddress, named.remoteAddress].map((text) => text.replace(String(port), "<port>"));`,
  "reads addresses": `return ["x", "x:y", "x:70000", "http://x:1", "", {}, { hostname: "x" }, { hostname: "x", port: -1 }, { hostname: "a b", port: 1 }, 5].map((address) => caught(() => connect(address)));`,
  "reads options": `return [{ secureTransport: "yes" }, { highWaterMark: -1 }, 5].map((options) => caught(() => connect("x:1", options)));`,
  "fails where there is no server": `const socket = connect("127.0.0.1:1"); return [await settled(socket.opened), await settled(socket.closed)];`,
  "hints at fetch": `return settled(connect("nowhere.invalid:80").opened);`,
  "does not connect to mail servers": `return settled(connect("127.0.0.1:25").opened);`,
  "takes bytes alone": `const write = async (value) => { const socket = await open(); return settled(socket.writable.getWriter().write(value)); }; return [await write(new ArrayBuffer(1)), await write(new Uint16Array(1)), await write("x"), await write(5)];`,
  "can be closed twice": `const socket = await open(); return [await settled(socket.close()), await settled(socket.close()), await settled(socket.closed)];`,
  "is closed for those who use it then": `const socket = await open(); await socket.close(); return [await settled(socket.readable.getReader().read()), await settled(socket.writable.getWriter().write(encode("x")))];`,
  "is closed for those who use it already": `const socket = await open(); const reader = socket.readable.getReader(); const writer = socket.writable.getWriter(); await reader.read(); const reading = reader.read(); await socket.close(); return [await settled(reading), await settled(writer.write(encode("x")))];`,
  "goes on with TLS if asked before": `return [{}, { secureTransport: "off" }, { secureTransport: "on" }].map((options) => caught(() => connect("127.0.0.1:" + port, options).startTls()));`,
  "gives another socket for TLS": `const socket = await open({ secureTransport: "starttls" }); const reader = socket.readable.getReader(); await reader.read(); reader.releaseLock(); const next = socket.startTls(); return [socket.secureTransport, next.secureTransport, next.upgraded, await settled(socket.closed), caught(() => socket.startTls()), caught(() => next.startTls())];`,
};

/** What differs on purpose: Miniflare 4's answer, and ours. */
const DIFFERENCES = {};

describe("cloudflare:sockets, as on Miniflare 4", () => {
  let both;
  let server;
  after(async () => {
    await Promise.all(both?.map((mf) => mf.dispose()) ?? []);
    server?.closeAll();
  });

  async function start() {
    const sockets = new Set();
    server = net.createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      echo(socket);
    });
    server.closeAll = () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    };
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address();
    const cases = Object.values(SNIPPETS).map((body, index) => `${index}: async () => { ${body} }`);
    const script = `import * as sockets from "cloudflare:sockets"; const port = ${port};
      ${HELPERS}
      const cases = { ${cases.join(",\n")} };
      export default { fetch: async (request) => Response.json(await cases[new URL(request.url).pathname.slice(1)]()) };`;
    const { Miniflare4, NoOpLog4 } = await import("../support/miniflare-4.mjs");
    const options = { modules: true, script, compatibilityDate: "2025-10-02" };
    both = [new Miniflare4({ ...options, log: new NoOpLog4(), handleRuntimeStdio() {} }), new Miniflare(options)];
  }

  Object.keys(SNIPPETS).forEach((name, index) => {
    test(name, async () => {
      if (both === undefined) await start();
      const responses = await Promise.all(both.map((mf) => mf.dispatchFetch(`http://localhost/${index}`)));
      const [theirs, ours] = await Promise.all(responses.map((response) => response.json()));
      if (DIFFERENCES[name] === undefined) assert.deepEqual(ours, theirs);
      else assert.deepEqual([theirs, ours], DIFFERENCES[name]);
    });
  });
});
