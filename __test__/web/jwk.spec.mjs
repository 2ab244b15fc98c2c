// Tags: oracle, every-node
// Keys as JSON Web Keys: those that are none of their algorithm are refused with a DataError, and the others are what they are
// in Node. Each of many damaged keys is compared with Node's own Web Crypto.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { create, differs, isOracle } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const { subtle } = webcrypto;
const script = `export default {
  async fetch(request) {
    const answers = [];
    const gcm = { name: "AES-GCM", iv: new Uint8Array(12) };
    const wrapping = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "unwrapKey"]);
    for (const [jwk, ...rest] of await request.json()) {
      const wrapped = await crypto.subtle.encrypt(gcm, wrapping, new TextEncoder().encode(JSON.stringify(jwk)));
      answers.push([
        await typeOf(crypto.subtle.importKey("jwk", jwk, rest[0], true, rest[1])),
        await typeOf(crypto.subtle.unwrapKey("jwk", wrapped, wrapping, gcm, rest[0], true, rest[1])),
      ]);
    }
    return new Response(JSON.stringify(answers));
  },
};
const typeOf = (key) => key.then(({ type }) => type, ({ name }) => name);`;

const bytes = (text) => Buffer.from(text, "base64url");
const text = (buffer) => buffer.toString("base64url");

/** What can be wrong with a number of a key; `other` is that of another key. */
const DAMAGES = {
  "one byte longer": (value) => text(Buffer.concat([Buffer.from([0]), bytes(value)])),
  "one byte longer at its end": (value) => text(Buffer.concat([bytes(value), Buffer.from([0])])),
  "one byte shorter": (value) => text(bytes(value).subarray(1)),
  "one byte shorter at its end": (value) => text(bytes(value).subarray(0, -1)),
  "of twice the length": (value) => text(Buffer.concat([bytes(value), bytes(value)])),
  "of one byte": () => "AQ",
  empty: () => "",
  zero: (value) => text(Buffer.alloc(bytes(value).length)),
  "too large": (value) => text(Buffer.alloc(bytes(value).length, 255)),
  "another key's": (_, other) => other,
  "no base64": () => "!!!!",
  "a number": () => 5,
  missing: () => undefined,
};

async function pair(algorithm, usages) {
  const { privateKey } = await subtle.generateKey(algorithm, true, usages);
  const { key_ops, ext, alg, ...jwk } = await subtle.exportKey("jwk", privateKey);
  return jwk;
}

const publicOf = ({ d, ...jwk }) => jwk;

/** `[what, jwk, algorithm, usages]` of a key whose numbers are damaged, each in each way, and its other members. */
async function damaged(algorithm, all, numbers) {
  const [jwk, other] = [await pair(algorithm, all), await pair(algorithm, all)];
  const secret = all.filter((usage) => usage !== "verify");
  const shown = all.filter((usage) => usage === "verify");
  const cases = [
    ["whole", jwk, algorithm, secret],
    ["public", publicOf(jwk), algorithm, shown],
  ];
  for (const number of numbers) {
    for (const [how, damage] of Object.entries(DAMAGES)) {
      const wrong = { ...jwk, [number]: damage(jwk[number], other[number]) };
      if (number === "d" && how === "missing") continue;
      cases.push([`${number} is ${how}`, wrong, algorithm, secret]);
      if (number !== "d") cases.push([`${number} is ${how}, public`, publicOf(wrong), algorithm, shown]);
    }
  }
  const members = {
    "no crv": { crv: undefined },
    "another crv": { crv: jwk.crv === "P-256" ? "P-384" : "P-256" },
    "kty in lower case": { kty: jwk.kty.toLowerCase() },
    "another kty": { kty: "oct" },
    "no kty": { kty: undefined },
    "an operation twice": { key_ops: [secret[0], secret[0]] },
    "an unknown operation": { key_ops: [secret[0], "dance"] },
    "no operation": { key_ops: [] },
    "another use": { use: "dance" },
    "not extractable": { ext: false },
  };
  for (const [what, change] of Object.entries(members)) cases.push([what, { ...jwk, ...change }, algorithm, secret]);
  return cases;
}

/** What the worker and Node say of each. */
async function compare(t, cases) {
  const mf = create(t, { script });
  const body = JSON.stringify(cases.map(([, ...rest]) => rest));
  const answers = await (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json();
  const there = [];
  // As JSON has them.
  for (const [jwk, algorithm, usages] of JSON.parse(body)) {
    const key = subtle.importKey("jwk", jwk, algorithm, true, usages);
    there.push(
      await key.then(
        (key) => key.type,
        (error) => error.name,
      ),
    );
  }
  for (const [index, [imported, unwrapped]] of answers.entries()) {
    assert.equal(unwrapped, imported, `${cases[index][0]}, unwrapped`);
  }
  return cases.map(([what], index) => ({ what, here: answers[index][0], there: there[index] }));
}

/** Where Node is lenient: it takes a number for its value, whatever its length, and the first byte may be zero. */
const LENIENT = /^[xyd] is one byte (longer|shorter)(, public)?$/;

describe("an invalid EC key as a JWK is refused, as in Node:", () => {
  for (const namedCurve of ["P-256", "P-384", "P-521"]) {
    for (const [name, usages] of [
      ["ECDSA", ["sign", "verify"]],
      ["ECDH", ["deriveKey", "deriveBits"]],
    ]) {
      test(`${name} with ${namedCurve}`, async (t) => {
        const results = await compare(t, await damaged({ name, namedCurve }, usages, ["d", "x", "y"]));
        assert.deepEqual(
          results.slice(0, 2).map(({ here }) => here),
          ["private", "public"],
        );
        for (const { what, here, there } of results) {
          if (LENIENT.test(what) && !isOracle) assert.equal(here, "DataError", what);
          else assert.equal(here, there, what);
        }
        assert.ok(results.filter(({ here }) => here === "DataError").length > 50);
      });
    }
  }
});

describe("an invalid OKP key as a JWK is refused, as in Node:", () => {
  for (const [name, usages] of [
    ["Ed25519", ["sign", "verify"]],
    ["X25519", ["deriveKey", "deriveBits"]],
  ]) {
    test(name, async (t) => {
      for (const { what, here, there } of await compare(t, await damaged({ name }, usages, ["d", "x"]))) {
        assert.equal(here, there, what);
      }
    });
  }
});

describe("invalid keys of other kinds as JWKs are refused, as in Node:", () => {
  test("AES", async (t) => {
    const jwk = { kty: "oct", k: text(Buffer.alloc(16, 3)) };
    const changes = {
      whole: {},
      "no kty": { kty: undefined },
      "another kty": { kty: "RSA" },
      "no k": { k: undefined },
      "an empty k": { k: "" },
      "a k of 15 bytes": { k: text(Buffer.alloc(15)) },
      "a k of 33 bytes": { k: text(Buffer.alloc(33)) },
      "another alg": { alg: "A256GCM" },
      "another use": { use: "sig" },
      "not extractable": { ext: false },
      "an operation twice": { key_ops: ["encrypt", "encrypt"] },
      "an unknown operation": { key_ops: ["encrypt", "dance"] },
      "not the operation": { key_ops: ["decrypt"] },
    };
    const cases = Object.entries(changes).map(([what, change]) => [
      what,
      { ...jwk, ...change },
      "AES-GCM",
      ["encrypt"],
    ]);
    for (const { what, here, there } of await compare(t, cases)) assert.equal(here, there, what);
  });

  test("RSA", async (t) => {
    const algorithm = { name: "RSA-PSS", hash: "SHA-256" };
    const made = { ...algorithm, modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) };
    const jwk = await pair(made, ["sign", "verify"]);
    const changes = { whole: {}, "kty in lower case": { kty: "rsa" }, "another alg": { alg: "PS1" } };
    for (const number of ["n", "e", "p", "q", "dp", "dq", "qi"]) changes[`no ${number}`] = { [number]: undefined };
    const cases = Object.entries(changes).map(([what, change]) => [what, { ...jwk, ...change }, algorithm, ["sign"]]);
    cases.push(["only d", { kty: "RSA", n: jwk.n, e: jwk.e, d: jwk.d }, algorithm, ["sign"]]);
    for (const { what, here, there } of await compare(t, cases)) assert.equal(here, there, what);
  });
});

describe("a JWK that is imported", () => {
  test("is exported as it was, for each curve", differs("the keys of JSON are in another order"), async (t) => {
    const mf = create(t, {
      script: `export default {
        async fetch(request) {
          const [jwk, algorithm, usages] = await request.json();
          const key = await crypto.subtle.importKey("jwk", jwk, algorithm, true, usages);
          return Response.json(await crypto.subtle.exportKey("jwk", key));
        },
      };`,
    });
    for (const namedCurve of ["P-256", "P-384", "P-521"]) {
      const algorithm = { name: "ECDSA", namedCurve };
      const jwk = await pair(algorithm, ["sign", "verify"]);
      const body = JSON.stringify([jwk, algorithm, ["sign"]]);
      const { key_ops, ext, alg, ...exported } = await (
        await mf.dispatchFetch("http://localhost/", { method: "POST", body })
      ).json();
      assert.deepEqual(exported, jwk);
    }
  });

  test("has each of its members read once", differs("it reads them in its own way"), async (t) => {
    const jwk = await pair({ name: "ECDSA", namedCurve: "P-256" }, ["sign", "verify"]);
    const mf = create(t, {
      script: `export default {
        async fetch(request) {
          const given = await request.json();
          const reads = {};
          const jwk = {};
          for (const name of Object.keys(given)) {
            Object.defineProperty(jwk, name, { get: () => ((reads[name] = (reads[name] ?? 0) + 1), given[name]) });
          }
          await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
          return Response.json(reads);
        },
      };`,
    });
    const body = JSON.stringify(jwk);
    const reads = await (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json();
    assert.deepEqual(reads, { kty: 1, crv: 1, d: 1, x: 1, y: 1 });
  });
});
