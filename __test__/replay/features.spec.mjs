// What a recording has of other features: random results of cryptography, events and bindings of rooms; and what it refuses by name.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { rejection, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const handler = (body, rest = "") => `export default { async fetch(request, env) { ${body} } ${rest} };`;
const answerOf = async (mf, name = "") => (await mf.dispatchFetch(URL_ROOT + name)).text();

/** Records what `use` does, and what comes of it; then does it with the recording. Both results. */
async function twice(t, options, use = answerOf, change = (given) => given) {
  const file = path.join(folder(t), "run.jsonl");
  const run = async (simulate, given) => {
    const mf = create(t, { ...given, simulate });
    try {
      return await use(mf);
    } finally {
      await mf.dispose();
    }
  };
  const recorded = await run({ seed: 1, record: file }, options);
  return { file, recorded, replayed: await run({ replay: file }, change(options)) };
}

describe("a replay repeats random results of", () => {
  const HEX =
    "const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');";
  const PAIRS = {
    "RSA-OAEP": [
      "{ name: 'RSA-OAEP', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }",
      ["encrypt", "decrypt", "wrapKey"],
    ],
    "RSA-PSS": [
      "{ name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }",
      ["sign", "verify"],
    ],
    ECDSA: ["{ name: 'ECDSA', namedCurve: 'P-256' }", ["sign", "verify"]],
    ECDH: ["{ name: 'ECDH', namedCurve: 'P-256' }", ["deriveBits"]],
    Ed25519: ["{ name: 'Ed25519' }", ["sign", "verify"]],
    X25519: ["{ name: 'X25519' }", ["deriveBits"]],
  };
  for (const [name, [algorithm, usages]] of Object.entries(PAIRS)) {
    test(`generateKey by ${name}`, async (t) => {
      const script = handler(`
        const algorithm = ${algorithm};
        const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ${JSON.stringify(usages)});
        const exported = [await crypto.subtle.exportKey("jwk", publicKey), await crypto.subtle.exportKey("jwk", privateKey)];
        const shown = (key) => [key.type, key.extractable, key.usages, key.algorithm.name, key.algorithm.namedCurve];
        return Response.json([...exported, shown(publicKey), shown(privateKey)]);`);
      const { recorded, replayed } = await twice(t, { script });
      assert.equal(replayed, recorded);
    });
  }

  test("generateKey of secret keys, also of such that cannot be exported", async (t) => {
    const script = handler(`${HEX}
      const aes = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
      const hmac = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
      const bytes = new Uint8Array(12);
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: bytes }, aes, bytes);
      const refused = await crypto.subtle.exportKey("raw", hmac).catch(({ name }) => name);
      const signature = await crypto.subtle.sign("HMAC", hmac, bytes);
      return Response.json([hex(await crypto.subtle.exportKey("raw", aes)), hex(sealed), refused, hex(signature), hmac.usages,
        hmac.extractable, hmac instanceof CryptoKey]);`);
    const { recorded, replayed } = await twice(t, { script });
    assert.equal(replayed, recorded);
    assert.match(recorded, /"InvalidAccessError",.*\["sign"\],false,true\]$/);
  });

  test("signatures, encrypted data and wrapped keys", async (t) => {
    const script = handler(`${HEX}
      const data = new Uint8Array([1, 2, 3]);
      const { subtle } = crypto;
      const rsa = (name) => ({ name, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" });
      const oaep = await subtle.generateKey(rsa("RSA-OAEP"), false, ["encrypt", "decrypt", "wrapKey", "unwrapKey"]);
      const pss = await subtle.generateKey(rsa("RSA-PSS"), false, ["sign", "verify"]);
      const ec = await subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
      const secret = await subtle.importKey("raw", new Uint8Array(16), "AES-CBC", true, ["encrypt"]);
      const sealed = await subtle.encrypt({ name: "rsa-oaep" }, oaep.publicKey, data);
      const opened = await subtle.decrypt("RSA-OAEP", oaep.privateKey, sealed);
      const wrapped = await subtle.wrapKey("raw", secret, oaep.publicKey, "RSA-OAEP");
      const signatures = [await subtle.sign({ name: "RSA-PSS", saltLength: 32 }, pss.privateKey, data),
        await subtle.sign({ name: "ECDSA", hash: "SHA-256" }, ec.privateKey, data)];
      const isRight = await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, ec.publicKey, signatures[1], data);
      return Response.json([hex(sealed), hex(opened), hex(wrapped), ...signatures.map(hex), isRight]);`);
    const { recorded, replayed } = await twice(t, { script });
    assert.equal(replayed, recorded);
    assert.deepEqual([JSON.parse(recorded)[1], JSON.parse(recorded)[5]], ["010203", true]);
  });

  test("errors of generateKey, as what they are", async (t) => {
    const script = handler(`
      const failed = (error) => [error.name, error.message, error instanceof DOMException, error instanceof TypeError];
      return Response.json(await Promise.all([
        crypto.subtle.generateKey({ name: "AES-GCM", length: 7 }, true, ["encrypt"]).catch(failed),
        crypto.subtle.generateKey("none", true, []).catch(failed),
        crypto.subtle.generateKey().catch(failed)]));`);
    const { recorded, replayed } = await twice(t, { script });
    assert.equal(replayed, recorded);
    assert.deepEqual(
      JSON.parse(recorded).map(([, , isDom, isType]) => isDom !== isType),
      [true, true, true],
    );
  });

  test("node:crypto", async (t) => {
    const script = `import crypto from "node:crypto";
      ${handler(`
      const pair = crypto.generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" } });
      const keys = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
      const ecdh = crypto.createECDH("prime256v1");
      const dh = crypto.createDiffieHellman(crypto.generatePrimeSync(64, { bigint: false }));
      return Response.json([pair.publicKey, crypto.sign("sha256", Buffer.from("a"), pair.privateKey).toString("hex"),
        crypto.createSign("sha256").update("b").sign(pair.privateKey, "hex"), ecdh.generateKeys("hex"), ecdh.getPrivateKey("hex"),
        crypto.publicEncrypt(keys.publicKey, Buffer.from("c")).toString("hex"), crypto.randomBytes(4).toString("hex"),
        crypto.randomInt(1e9), crypto.generateKeySync("hmac", { length: 64 }).export().toString("hex")]);`)}`;
    const options = { script, compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_compat"] };
    const { recorded, replayed } = await twice(t, options);
    assert.equal(replayed, recorded);
    const other = await twice(t, options);
    assert.notEqual(other.recorded, recorded);
  });
});

describe("a replay repeats", () => {
  test("batches and tails of a test, and calls of an entrypoint", async (t) => {
    const script = `import { WorkerEntrypoint } from "cloudflare:workers";
      const seen = [];
      export class Api extends WorkerEntrypoint { roll() { return Math.random(); } }
      ${handler(
        "return Response.json(seen);",
        `,
      queue(batch) { seen.push(["queue", batch.queue, batch.messages.map(({ body }) => body), Math.random()]); batch.ackAll(); },
      tail(items) { seen.push(["tail", items[0].outcome, Math.random()]); },`,
      )}`;
    const use = async (mf) => {
      const messages = [{ id: "a", timestamp: new Date(5), body: { text: "a" } }];
      const { outcome, ackAll } = await mf.dispatchQueue("queue", messages);
      await mf.dispatchTail([{ outcome: "ok", logs: [] }]);
      const api = await mf.getWorker(undefined, { entrypoint: "Api" });
      const rolled = await api.roll();
      return [outcome, ackAll, rolled, JSON.parse(await answerOf(mf))];
    };
    const { file, recorded, replayed } = await twice(t, { script }, use);
    assert.deepEqual(replayed, recorded);
    const kinds = fs
      .readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .flatMap((line) => JSON.parse(line).event?.kind ?? []);
    assert.deepEqual(kinds, ["queue", "tail", "call", "fetch"]);
  });

  test("email that the worker sends, a dataset, a limit and the version", async (t) => {
    const script = handler(`
      const { messageId } = await env.MAIL.send({ from: "a@example.com", to: "b@example.com", subject: "Hi", text: "Text" });
      const failed = await env.MAIL.send({ from: "none" }).catch(({ message }) => message);
      env.DATA.writeDataPoint({ blobs: ["a"], doubles: [Math.random()], indexes: ["i"] });
      const limits = [await env.LIMIT.limit({ key: "a" }), await env.LIMIT.limit({ key: "a" })];
      return Response.json([messageId, failed, limits, env.VERSION.id]);`);
    const options = {
      script,
      email: { send_email: [{ name: "MAIL" }] },
      analyticsEngineDatasets: { DATA: {} },
      ratelimits: { LIMIT: { simple: { limit: 1, period: 60 } } },
      versionMetadata: "VERSION",
    };
    const use = async (mf) => {
      const text = await answerOf(mf);
      return [text, (await mf.getSentEmails()).map(({ from, to }) => [from, to])];
    };
    const { recorded, replayed } = await twice(t, options, use);
    assert.deepEqual(replayed, recorded);
    assert.equal(recorded[1].length, 1);
    assert.match(recorded[0], /"success":true.*"success":false/);
  });
});

describe("a run that is recorded or replayed refuses by name", () => {
  const failing = (body) =>
    handler(
      `try { ${body} return new Response("made"); } catch (error) { return Response.json([error.code, error.message]); }`,
    );
  const REFUSED = {
    "new WebSocket()": ["new WebSocket('ws://127.0.0.1:1/');", "a WebSocket to a server"],
    "a fetch that upgrades": [
      "await fetch('http://127.0.0.1:1/', { headers: { Upgrade: 'websocket' } });",
      "a WebSocket to a server",
    ],
    "connect()": ["connect('127.0.0.1:1');", "a TCP connection"],
  };
  for (const [what, [body, name]] of Object.entries(REFUSED)) {
    test(what, async (t) => {
      const script = `import { connect } from "cloudflare:sockets"; ${failing(body)}`;
      const { recorded, replayed } = await twice(t, { script });
      const [code, message] = JSON.parse(recorded);
      assert.equal(code, "ERR_REPLAY");
      assert.ok(
        message.startsWith(`A run that is recorded or replayed (option "simulate") cannot have ${name}. `),
        message,
      );
      assert.equal(replayed, recorded);
    });
  }

  test("email to the worker, a batch that is an object, and a WebSocket to the test", async (t) => {
    const script = handler(
      "const [client, server] = Object.values(new WebSocketPair()); server.accept(); return new Response(null, { status: 101, webSocket: client });",
      ", email() {}, queue() {}",
    );
    const mf = create(t, { script, simulate: { seed: 1, record: path.join(folder(t), "run.jsonl") } });
    const raw = "Subject: Hi\r\n\r\nText";
    const email = await rejection(mf.dispatchEmail({ from: "a@example.com", to: "b@example.com", raw }));
    const batch = await rejection(mf.dispatchQueue({ queue: "queue", messages: [] }));
    const socket = await rejection(mf.dispatchFetch(URL_ROOT, { headers: { Upgrade: "websocket" } }));
    const named = [
      [email, /cannot have incoming email\./],
      [batch, /cannot have a batch that is an object of the test\. Call dispatchQueue\(\) with/],
      [socket, /cannot have a WebSocket to a test\./],
    ];
    for (const [error, pattern] of named) {
      assert.equal(error.code, "ERR_REPLAY");
      assert.match(error.message, pattern);
    }
  });

  test("a scheduler of cron triggers, but not one without any", async (t) => {
    const simulate = { seed: 1, record: path.join(folder(t), "run.jsonl") };
    const script = handler("return new Response();", ", scheduled() {}");
    const { code, message } = await rejection(create(t, { script, crons: ["* * * * *"], simulate }).startScheduler());
    assert.equal(code, "ERR_REPLAY");
    assert.match(
      message,
      /cannot have a scheduler of cron triggers\. Dispatch their events with dispatchScheduled\(\)/,
    );
    const scheduler = await create(t, { script, simulate }).startScheduler();
    await scheduler.dispose();
  });

  test("keys of a Diffie-Hellman group of node:crypto", async (t) => {
    const script = `import crypto from "node:crypto"; ${failing("crypto.getDiffieHellman('modp14').generateKeys();")}`;
    const options = { script, compatibilityDate: "2025-01-01", compatibilityFlags: ["nodejs_compat"] };
    const { recorded } = await twice(t, options);
    assert.match(recorded, /ERR_REPLAY.*cannot have a key of a Diffie-Hellman group\. Use createECDH/);
  });

  test("nothing of that without record and replay", async (t) => {
    const mf = create(t, { script: failing("new WebSocket('ws://127.0.0.1:1/');"), simulate: { seed: 1 } });
    assert.equal(await answerOf(mf), "made");
  });
});
