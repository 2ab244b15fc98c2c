// `cloudflare:sockets` in code that tests of Jest and Vitest import: their configurations map it to `miniflare-rs/cloudflare-sockets`.

import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { echo, tcpServer } from "../support/tcp-server.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

/** The bodies of tests that a suite has, by their names; `PORT` is that of a server. */
const TESTS = {
  "a socket sends and receives": `
    const socket = connect({ hostname: "127.0.0.1", port: PORT }, { allowHalfOpen: true });
    expect((await socket.opened).remoteAddress).toBe("127.0.0.1:" + PORT);
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("x"));
    await writer.close();
    let read = "";
    for await (const chunk of socket.readable) read += new TextDecoder().decode(chunk);
    expect(read).toBe("hello\\necho xbye");
    await socket.closed;`,
  "errors are those of Workers": `
    expect(() => connect("x")).toThrow(TypeError);
    await expect(connect("127.0.0.1:1").opened).rejects.toThrow("proxy request failed, cannot connect to the specified address");`,
  "the mock decides": `
    const mock = getMiniflareFetchMock();
    mock.disableNetConnect();
    await expect(connect("127.0.0.1:" + PORT).opened).rejects.toThrow("was not allowed (net.connect disabled)");`,
};
const bodyFor = (port) =>
  `const PORT = ${port};\n${Object.entries(TESTS)
    .map(([name, body]) => `test(${JSON.stringify(name)}, async () => {${body}\n});`)
    .join("\n")}`;

test("works in Jest", async (t) => {
  const { port } = await tcpServer(t, echo, { allowHalfOpen: true });
  const source = `const { connect } = require("cloudflare:sockets");\n${bodyFor(port)}`;
  const more = { moduleNameMapper: { "^cloudflare:sockets$": "miniflare-rs/cloudflare-sockets" } };
  const { code, result, messages, stderr } = await jest(suiteOf(t, { source, more }), "--runInBand");
  assert.deepEqual([code, result.numPassedTests], [0, Object.keys(TESTS).length], messages);
  assert.doesNotMatch(stderr, /did not exit|open handle/i);
});

test("works in Vitest", async (t) => {
  const { port } = await tcpServer(t, echo, { allowHalfOpen: true });
  const cwd = project(t, emptyProject(t), ["vitest"]);
  const config = `import { fileURLToPath } from "node:url";
    const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
    export default {
      resolve: { alias: { "cloudflare:sockets": "miniflare-rs/cloudflare-sockets" } },
      test: { environment, include: ["sockets.test.mjs"] },
    };`;
  const source = `import { expect, test } from "vitest";\nimport { connect } from "cloudflare:sockets";\n${bodyFor(port)}`;
  write(cwd, { "vitest.config.mjs": config, "sockets.test.mjs": source });
  const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
  assert.equal([...stdout.matchAll(/^ok /gm)].length, Object.keys(TESTS).length, stdout + stderr);
  assert.equal(code, 0, stderr);
});
