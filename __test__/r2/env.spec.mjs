// R2 in the environments for Jest and Vitest: the bindings of a test file are buckets in Node, of the test's own realm, and
// each test starts with the objects that there were.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const source = `
const { BUCKET } = getMiniflareBindings();
const LARGE = "x".repeat(2_000_000);

beforeAll(async () => {
  await BUCKET.put("key", "before", { customMetadata: { a: "1" } });
  await BUCKET.put("large", LARGE);
});

describe("a file", () => {

test("has what was put before all tests, and can replace it", async () => {
  const object = await BUCKET.get("key");
  expect([await object.text(), object.customMetadata]).toEqual(["before", { a: "1" }]);
  expect(object.uploaded).toBeInstanceOf(Date);
  expect((await (await BUCKET.get("key")).arrayBuffer()) instanceof ArrayBuffer).toBe(true);
  expect(object.checksums.md5 instanceof ArrayBuffer).toBe(true);
  await BUCKET.put("key", "after");
  await BUCKET.put("large", "after");
  await BUCKET.put("new", new Uint8Array([1]));
});

test("has it again", async () => {
  expect(await (await BUCKET.get("key")).text()).toBe("before");
  expect((await (await BUCKET.get("large")).text()) === LARGE).toBe(true);
  expect(await BUCKET.get("new")).toBe(null);
  expect((await BUCKET.list()).objects.map(({ key }) => key)).toEqual(["key", "large"]);
});

test("takes the test's own headers, streams and blobs", async () => {
  const httpMetadata = new Headers({ "content-type": "text/plain" });
  await BUCKET.put("blob", new Blob(["a blob"]), { httpMetadata });
  await BUCKET.put("stream", new Response("a stream").body);
  const object = await BUCKET.get("blob", { onlyIf: new Headers({ "if-match": "*" }) });
  const headers = new Headers();
  object.writeHttpMetadata(headers);
  expect([headers.get("content-type"), await object.text()]).toEqual(["text/plain", "a blob"]);
  expect(await new Response((await BUCKET.get("stream")).body).text()).toBe("a stream");
});

test("has the digests of long values", async () => {
  const { etag, checksums } = await BUCKET.put("long", LARGE);
  expect(etag).toBe(${JSON.stringify(createHash("md5").update("x".repeat(2_000_000)).digest("hex"))});
  expect([...new Uint8Array(checksums.md5)].map((byte) => byte.toString(16).padStart(2, "0")).join("")).toBe(etag);
});
});`;

describe("R2 in Jest", () => {
  test("has buckets, and isolates what tests store in them", async (t) => {
    const { code, messages, result } = await jest(suiteOf(t, { source, options: { r2Buckets: ["BUCKET"] } }));
    assert.equal(code, 0, messages);
    assert.equal(result.numPassedTests, 4);
  });
});

describe("R2 in Vitest", () => {
  test("has buckets, and isolates what tests store in them", async (t) => {
    const cwd = project(t, emptyProject(t), ["vitest"]);
    const config = `export default { test: {
      environment: "./node_modules/miniflare-rs/lib/node/vitest.js",
      environmentOptions: { r2Buckets: ["BUCKET"] },
      include: ["r2.test.mjs"],
    } };`;
    const imports = `import { beforeAll, expect, test } from "vitest";\nconst describe = setupMiniflareIsolatedStorage();\n`;
    write(cwd, { "vitest.config.mjs": config, "r2.test.mjs": imports + source });
    const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok /gm).length, 4, stdout);
  });
});
