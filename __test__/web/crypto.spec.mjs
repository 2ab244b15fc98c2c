// Tags: oracle, every-node
// Web Crypto in a worker: random values, digests, keys, and what Workers add to the standard.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createCipheriv, createHash } from "node:crypto";
import { create, differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate, text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const HELPERS = `
  const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const bytes = (text) => new TextEncoder().encode(text);
`;

const inWorker = (t, body) => evaluate(t, CAUGHT + HELPERS + body);

describe("random values", () => {
  test("fill views and differ", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const view = new Uint8Array(64);
      const same = crypto.getRandomValues(view);
      const other = crypto.getRandomValues(new Uint8Array(64));
      return [same === view, hex(view) === hex(other), view.some((byte) => byte !== 0)];`,
      ),
      [true, false, true],
    );
  });

  test("are limited to 64 KiB and integers", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const names = [];
      for (const view of [new Uint8Array(65537), new Float32Array(1)]) {
        try { crypto.getRandomValues(view); } catch ({ name }) { names.push(name); }
      }
      return names;`,
      ),
      ["QuotaExceededError", "TypeMismatchError"],
    );
  });

  test("make UUIDs of version 4", async (t) => {
    const [one, two] = await inWorker(t, "return [crypto.randomUUID(), crypto.randomUUID()];");
    assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.notEqual(one, two);
  });
});

describe("digests", () => {
  for (const [name, node] of [
    ["SHA-1", "sha1"],
    ["SHA-256", "sha256"],
    ["SHA-384", "sha384"],
    ["SHA-512", "sha512"],
    ["MD5", "md5"],
  ]) {
    test(`of ${name} are those of ${node}, in any case and as an object`, async (t) => {
      const expected = createHash(node).update("test").digest("hex");
      assert.deepEqual(
        await inWorker(
          t,
          `
        const algorithms = ["${name}", "${name.toLowerCase()}", { name: "${name}" }];
        const digest = async (algorithm) => hex(await crypto.subtle.digest(algorithm, bytes("test")));
        return Promise.all(algorithms.map(digest));`,
        ),
        [expected, expected, expected],
      );
    });

    test(`of ${name} can be streamed`, async (t) => {
      const expected = createHash(node).update("streamed").digest("hex");
      assert.deepEqual(
        await inWorker(
          t,
          `
        const stream = new crypto.DigestStream("${name}");
        const writer = stream.getWriter();
        await writer.write(bytes("stre"));
        await writer.write(bytes("amed").buffer);
        await writer.close();
        return [stream instanceof WritableStream, hex(await stream.digest)];`,
        ),
        [true, expected],
      );
    });
  }

  test("of a request's body go through pipeTo", async (t) => {
    const expected = createHash("sha256").update("piped").digest("hex");
    assert.equal(
      await inWorker(
        t,
        `
      const stream = new crypto.DigestStream("SHA-256");
      await new Response("piped").body.pipeTo(stream);
      return hex(await stream.digest);`,
      ),
      expected,
    );
  });

  test("of a stream that fails are rejected with its reason", differs("they stay pending"), async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const stream = new crypto.DigestStream("SHA-256");
      await stream.abort(new RangeError("cut off"));
      return caught(() => stream.digest);`,
      ),
      ["RangeError", "cut off"],
    );
  });

  test("refuse unknown algorithms, and chunks that are text", async (t) => {
    const [unknown, text] = await inWorker(
      t,
      `
      return [await caught(() => new crypto.DigestStream("SHA-3000")),
        await caught(() => new crypto.DigestStream("MD5").getWriter().write("text"))];`,
    );
    assert.deepEqual(unknown, ["NotSupportedError", "Unrecognized name."]);
    assert.equal(text[0], "TypeError");
    assert.match(text[1], /received a string/);
  });
});

describe("keys", () => {
  test("sign and verify with HMAC", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const key = await crypto.subtle.importKey("raw", bytes("key"), algorithm, false, ["sign", "verify"]);
      const signature = await crypto.subtle.sign("HMAC", key, bytes("The quick brown fox jumps over the lazy dog"));
      const verified = await crypto.subtle.verify("HMAC", key, signature, bytes("another"));
      return [hex(signature), verified, key instanceof CryptoKey,
        await caught(() => crypto.subtle.exportKey("raw", key)).then(([name]) => name.slice(0, 13))];`,
      ),
      ["f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", false, true, "InvalidAccess"],
    );
  });

  test("encrypt and decrypt with AES", async (t) => {
    for (const [name, extra] of [
      ["AES-GCM", "iv"],
      ["AES-CBC", "iv"],
      ["AES-CTR", "counter"],
    ]) {
      assert.equal(
        await inWorker(
          t,
          `
        const key = await crypto.subtle.generateKey({ name: "${name}", length: 256 }, true, ["encrypt", "decrypt"]);
        const parameters = { name: "${name}", ${extra}: new Uint8Array(16), length: 64 };
        const sealed = await crypto.subtle.encrypt(parameters, key, bytes("secret"));
        const opened = await crypto.subtle.decrypt(parameters, key, sealed);
        return new TextDecoder().decode(opened) + (hex(sealed) === hex(bytes("secret")));`,
        ),
        "secretfalse",
        name,
      );
    }
  });

  test("derive bits with PBKDF2 and HKDF", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const derive = async (algorithm) => {
        const key = await crypto.subtle.importKey("raw", bytes("password"), algorithm.name, false, ["deriveBits"]);
        return hex(await crypto.subtle.deriveBits(algorithm, key, 160));
      };
      return [await derive({ name: "PBKDF2", hash: "SHA-1", salt: bytes("salt"), iterations: 2 }),
        (await derive({ name: "HKDF", hash: "SHA-256", salt: bytes("salt"), info: bytes("info") })).length];`,
      ),
      ["ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957", 40],
    );
  });

  test("of elliptic curves and RSA sign and travel as JWK", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const check = async (algorithm, signing = algorithm) => {
        const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
        const jwk = await crypto.subtle.exportKey("jwk", publicKey);
        const imported = await crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"]);
        const signature = await crypto.subtle.sign(signing, privateKey, bytes("data"));
        return [jwk.kty, await crypto.subtle.verify(signing, imported, signature, bytes("data"))];
      };
      const modulus = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
      return [await check({ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }),
        await check({ name: "RSASSA-PKCS1-v1_5", ...modulus })];`,
      ),
      [
        ["EC", true],
        ["RSA", true],
      ],
    );
  });

  test("of NODE-ED25519 sign and verify", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const algorithm = { name: "NODE-ED25519", namedCurve: "NODE-ED25519" };
      const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const signature = await crypto.subtle.sign(algorithm, privateKey, bytes("data"));
      const raw = await crypto.subtle.exportKey("raw", publicKey);
      const imported = await crypto.subtle.importKey("raw", raw, algorithm, true, ["verify"]);
      return [signature.byteLength, raw.byteLength, imported.type, imported.algorithm.name,
        await crypto.subtle.verify(algorithm, imported, signature, bytes("data")),
        await crypto.subtle.verify(algorithm, imported, signature, bytes("tampered"))];`,
      ),
      [64, 32, "public", "Ed25519", true, false],
    );
  });

  describe("of AES-GCM", () => {
    const gcm = (nonce, tag, key = 16) => ({ key: Buffer.alloc(key, 7), nonce: Buffer.alloc(nonce, 3), tag });
    const CASES = {
      "a nonce of 8 bytes": gcm(8, 128),
      "a nonce of 60 bytes": gcm(60, 128),
      "a tag of 32 bits": gcm(12, 32),
      "a tag of 96 bits, a nonce of 16 bytes, a key of 256 bits": gcm(16, 96, 32),
      "a tag of 104 bits, a nonce of 1 byte, a key of 192 bits": gcm(1, 104, 24),
    };
    const list = (bytes) => `new Uint8Array([${[...bytes]}])`;
    const using = (t, { key, nonce, tag }, body) =>
      inWorker(
        t,
        `
      const key = await crypto.subtle.importKey("raw", ${list(key)}, "AES-GCM", false, ["encrypt", "decrypt"]);
      const algorithm = { name: "aes-gcm", iv: ${list(nonce)}, additionalData: bytes("more"), tagLength: ${tag} };
      ${body}`,
      );
    const options = ({ tag }) => ({ authTagLength: tag / 8 });
    const cipher = ({ key }) => `aes-${key.length * 8}-gcm`;

    for (const [name, parts] of Object.entries(CASES)) {
      test(`encrypt with ${name} as Node does`, async (t) => {
        const node = createCipheriv(cipher(parts), parts.key, parts.nonce, options(parts)).setAAD(Buffer.from("more"));
        const expected = Buffer.concat([node.update("secret"), node.final(), node.getAuthTag()]).toString("hex");
        const body = `return hex(await crypto.subtle.encrypt(algorithm, key, bytes("secret")));`;
        assert.equal(await using(t, parts, body), expected);
      });

      test(`decrypt with ${name}, and refuse what was tampered with`, async (t) => {
        const node = createCipheriv(cipher(parts), parts.key, parts.nonce, options(parts)).setAAD(Buffer.from("more"));
        const sealed = Buffer.concat([node.update("secret"), node.final(), node.getAuthTag()]);
        const body = `
          const sealed = ${list(sealed)};
          const open = new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, key, sealed));
          sealed[0] ^= 1;
          return [open, (await caught(() => crypto.subtle.decrypt(algorithm, key, sealed)))[0],
            (await caught(() => crypto.subtle.decrypt(algorithm, key, sealed.subarray(0, 3))))[0]];`;
        assert.deepEqual(await using(t, parts, body), ["secret", "OperationError", "OperationError"]);
      });
    }

    test("are refused with a tag of another length, and without the usage", async (t) => {
      const [key, other] = await Promise.all(
        [gcm(8, 40), gcm(8, 64)].map((parts) =>
          using(
            t,
            parts,
            `
        const sealer = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt"]);
        return [(await caught(() => crypto.subtle.decrypt(algorithm, key, new Uint8Array(40))))[0],
          (await caught(() => crypto.subtle.decrypt(algorithm, sealer, new Uint8Array(40))))[0]];`,
          ),
        ),
      );
      assert.deepEqual(
        [key, other],
        [
          ["OperationError", "InvalidAccessError"],
          ["OperationError", "InvalidAccessError"],
        ],
      );
    });
  });

  test("of curves that Workers do not have are refused", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const make = (algorithm) => caught(() => crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]));
      return [(await make({ name: "X448" }))[0], (await make({ name: "NODE-ED25519", namedCurve: "other" }))[0]];`,
      ),
      ["NotSupportedError", "NotSupportedError"],
    );
  });

  test("can be cloned, and have one class", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `
      const key = await crypto.subtle.importKey("raw", bytes("key"), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
      const clone = structuredClone(key);
      const [one, two] = await Promise.all([key, clone].map((each) => crypto.subtle.sign("HMAC", each, bytes("data"))));
      return [clone instanceof CryptoKey, clone.constructor === CryptoKey, hex(one) === hex(two)];`,
      ),
      [true, true, true],
    );
  });

  test("are compared in constant time", async (t) => {
    assert.deepEqual(
      await inWorker(
        t,
        `return [
      crypto.subtle.timingSafeEqual(bytes("same"), bytes("same")),
        crypto.subtle.timingSafeEqual(bytes("same"), bytes("diff")),
      (await caught(() => crypto.subtle.timingSafeEqual(bytes("a"), bytes("ab"))))[0]];`,
      ),
      [true, false, "RangeError"],
    );
  });

  test("are made by instances beside each other, and within each other's calls", async (t) => {
    const script = `
      const make = () => crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
      export const touch = () => typeof crypto.subtle;
      export default { async fetch(request, { neighbour }) {
        const before = await make();
        neighbour?.();
        const after = await Promise.all([make(), make()]);
        return Response.json([before, ...after].map((key) => key instanceof CryptoKey && key.algorithm.name));
      } }`;
    const one = create(t, { script });
    const { touch } = await one.getModuleExports();
    const two = create(t, { script, bindings: { neighbour: () => touch() } });
    for (const mf of [one, two, one, two]) assert.equal(await text(mf), '["HMAC","HMAC","HMAC"]');
    await one.dispose();
    const three = create(t, { script });
    for (const mf of [three, three]) assert.equal(await text(mf), '["HMAC","HMAC","HMAC"]');
  });
});
