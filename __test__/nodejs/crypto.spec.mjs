// Tags: every-node
// `node:crypto` in a worker, as in Node.

import { describe } from "node:test";
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { readFileSync } from "node:fs";
import { create } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { FLAGS, sameAsNode } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

const CERTIFICATE = readFileSync(new URL("../fetch/certificates/self.pem", import.meta.url), "utf8");
const keys = crypto.generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const curve = crypto.generateKeyPairSync("ec", {
  namedCurve: "P-256",
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
const KEYS = `const [PUBLIC, PRIVATE, EC_PUBLIC, EC_PRIVATE] = ${JSON.stringify([keys.publicKey, keys.privateKey, curve.publicKey, curve.privateKey])};`;

sameAsNode(
  "node:crypto",
  { crypto: "node:crypto", stream: "node:stream", util: "node:util" },
  {
    hashes: `return [...["md5", "sha1", "sha256", "sha512", "sha3-256", "RSA-SHA256"].map((name) => crypto.createHash(name).update("a").update(new Uint8Array([1, 2])).update("ff", "hex").digest("hex")),
        crypto.createHash("sha256").digest(), crypto.createHash("shake256", { outputLength: 8 }).update("x").digest("base64url"), crypto.createHash("sha256").update("é", "latin1").digest("base64")];`,
    "copies a hash, and ends it": `const hash = crypto.createHash("sha256").update("a");
      const copy = hash.copy().update("b");
      return [hash.digest("hex"), copy.digest("hex"), caught(() => hash.update("x")), caught(() => hash.digest()), caught(() => hash.copy())];`,
    "hashes much, and is a stream": `const hash = crypto.createHash("sha1");
      for (let i = 0; i < 40; i++) hash.update(Buffer.alloc(10000, i));
      const piped = crypto.createHash("sha256");
      await stream.promises.pipeline(stream.Readable.from([Buffer.from("a"), Buffer.from("b")]), piped);
      const large = crypto.createHash("md5").update(Buffer.alloc(500000, 1)).digest("hex");
      return [hash.digest("hex"), piped.read().toString("hex"), large];`,
    "refuses what cannot be hashed": `return [() => crypto.createHash("nope"), () => crypto.createHash(1), () => crypto.createHash("sha256").update(1), () => crypto.createHmac("sha256"), () => crypto.createHmac("nope", "k")].map(caught).map(({ name, code, message }) => [name, code ?? null, message]);`,
    authenticates: `const key = crypto.createSecretKey(Buffer.from("key"));
      return [crypto.createHmac("sha256", "key").update("a").digest("hex"), crypto.createHmac("sha512", Buffer.from("key")).update("a").digest("base64"), crypto.createHmac("sha256", key).update("a").digest("hex"), key.type, key.symmetricKeySize, key.export()];`,
    "encrypts and decrypts": `const key = Buffer.alloc(32, 1), iv = Buffer.alloc(16, 2);
      const cipher = crypto.createCipheriv("aes-256-cbc", key, iv);
      const encrypted = cipher.update("secret text", "utf8", "hex") + cipher.final("hex");
      const decipher = crypto.createDecipheriv("aes-256-cbc", key, iv);
      const decrypted = decipher.update(encrypted, "hex", "utf8") + decipher.final("utf8");
      const gcm = crypto.createCipheriv("aes-256-gcm", key, iv.subarray(0, 12));
      gcm.setAAD(Buffer.from("more"));
      const sealed = Buffer.concat([gcm.update("text"), gcm.final()]);
      const tag = gcm.getAuthTag();
      const open = crypto.createDecipheriv("aes-256-gcm", key, iv.subarray(0, 12)).setAAD(Buffer.from("more")).setAuthTag(tag);
      const wrong = crypto.createDecipheriv("aes-256-gcm", key, iv.subarray(0, 12)).setAuthTag(Buffer.alloc(16));
      wrong.update(sealed);
      return [encrypted, decrypted, sealed, tag, String(open.update(sealed)) + open.final(), caught(() => wrong.final()).message, caught(() => crypto.createCipheriv("aes-256-cbc", Buffer.alloc(1), iv)), caught(() => crypto.createCipheriv("nope", key, iv))];`,
    "encrypts as a stream": `const cipher = crypto.createCipheriv("aes-128-ctr", Buffer.alloc(16, 1), Buffer.alloc(16, 2));
      const parts = stream.Readable.from([Buffer.from("a".repeat(100)), Buffer.from("b")]).pipe(cipher);
      return Buffer.concat(await parts.toArray());`,
    "derives keys": `const promised = (name, ...args) => util.promisify(crypto[name])(...args);
      return [crypto.pbkdf2Sync("p", "s", 10, 16, "sha256"), crypto.scryptSync("p", "s", 16, { N: 16 }), Buffer.from(crypto.hkdfSync("sha256", "k", "s", "i", 16)), await promised("pbkdf2", "p", "s", 10, 16, "sha512"), await promised("scrypt", "p", "s", 16), caught(() => crypto.pbkdf2Sync("p", "s", 0, 16, "sha256")), caught(() => crypto.pbkdf2("p", "s", 1, 16, "sha256")).code, caught(() => crypto.pbkdf2Sync("p", "s", 1, 16, "nope"))];`,
    "signs and verifies": `${KEYS}
      const signature = crypto.createSign("SHA256").update("a").update("b").sign(PRIVATE);
      const verify = (data) => crypto.createVerify("SHA256").update(data).verify(PUBLIC, signature);
      const key = crypto.createPrivateKey(PRIVATE);
      return [signature, verify("ab"), verify("x"), crypto.sign("sha256", Buffer.from("ab"), key).equals(signature), crypto.verify(null, Buffer.from("x"), EC_PUBLIC, crypto.sign(null, Buffer.from("x"), EC_PRIVATE)), caught(() => crypto.createSign("SHA256").update("a").sign("nope")).code, crypto.createSign("sha256").update("x").sign({ key: PRIVATE, padding: crypto.constants.RSA_PKCS1_PADDING }, "base64").length];`,
    "reads and writes keys": `${KEYS}
      const [open, closed] = [crypto.createPublicKey(PUBLIC), crypto.createPrivateKey(EC_PRIVATE)];
      return [open.type, open.asymmetricKeyType, open.asymmetricKeyDetails.modulusLength, open.export({ type: "spki", format: "pem" }) === PUBLIC, open.export({ format: "jwk" }), closed.asymmetricKeyDetails, closed.export({ type: "pkcs8", format: "der" }), crypto.createPublicKey(closed).export({ type: "spki", format: "pem" }) === EC_PUBLIC, open.equals(crypto.createPublicKey(PUBLIC)), caught(() => crypto.createPublicKey("x")).code, crypto.createPublicKey({ key: open.export({ format: "jwk" }), format: "jwk" }).equals(open)];`,
    "encrypts with keys": `${KEYS}
      const sealed = crypto.publicEncrypt(PUBLIC, Buffer.from("secret"));
      return [String(crypto.privateDecrypt(PRIVATE, sealed)), String(crypto.publicDecrypt(PUBLIC, crypto.privateEncrypt(PRIVATE, Buffer.from("x"))))];`,
    "makes keys": `const pair = crypto.generateKeyPairSync("ed25519");
      const text = crypto.generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
      const later = await util.promisify(crypto.generateKeyPair)("x25519");
      return [pair.publicKey.asymmetricKeyType, pair.privateKey.type, crypto.verify(null, Buffer.from("a"), pair.publicKey, crypto.sign(null, Buffer.from("a"), pair.privateKey)), text.publicKey.slice(0, 26), later.publicKey.type, crypto.generateKeySync("hmac", { length: 64 }).symmetricKeySize, caught(() => crypto.generateKeyPairSync("nope"))];`,
    "agrees on secrets": `const [a, b] = [crypto.createECDH("secp256k1"), crypto.createECDH("secp256k1")];
      a.generateKeys(); b.setPrivateKey(Buffer.alloc(32, 1));
      const group = crypto.getDiffieHellman("modp14");
      const [first, second] = [crypto.generateKeyPairSync("x25519"), crypto.generateKeyPairSync("x25519")];
      const agreed = crypto.diffieHellman({ privateKey: first.privateKey, publicKey: second.publicKey });
      return [a.computeSecret(b.getPublicKey()).equals(b.computeSecret(a.getPublicKey())), b.getPublicKey("hex", "compressed"), group.getGenerator("hex"), agreed.equals(crypto.diffieHellman({ privateKey: second.privateKey, publicKey: first.publicKey })), crypto.ECDH.convertKey(b.getPublicKey(), "secp256k1", undefined, "hex", "compressed")];`,
    "draws random values": `const bytes = crypto.randomBytes(100000);
      const filled = crypto.randomFillSync(new Uint8Array(8), 4);
      const numbers = Array.from({ length: 100 }, () => crypto.randomInt(3, 5));
      return [bytes.length, new Set(bytes).size, [...filled].slice(0, 4), numbers.every((n) => n === 3 || n === 4), crypto.randomUUID().length, (await util.promisify(crypto.randomBytes)(4)).length, caught(() => crypto.randomBytes(-1)), caught(() => crypto.randomInt(5, 3)), caught(() => crypto.randomInt("x")).code, await new Promise((resolve) => crypto.randomInt(1, (error, n) => resolve([error, n])))];`,
    "compares in constant time": `return [crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")), crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("b")), caught(() => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("ab"))), caught(() => crypto.timingSafeEqual("a", "a")).code];`,
    "lists what there is": `return [crypto.getHashes().includes("sha256"), crypto.getCiphers().includes("aes-256-gcm"), crypto.getCurves().includes("prime256v1"), { ...crypto.getCipherInfo("aes-256-cbc") }, crypto.constants.RSA_PKCS1_PADDING, crypto.webcrypto.subtle === crypto.subtle, typeof crypto.getRandomValues];`,
    "reads certificates": `const certificate = new crypto.X509Certificate(${JSON.stringify(CERTIFICATE)});
      return [certificate.subject, certificate.fingerprint256, certificate.serialNumber, certificate.checkHost("x.y"), certificate.checkHost("localhost"), certificate.verify(certificate.publicKey), certificate.checkIssued(certificate), certificate.ca, String(certificate) === certificate.toJSON(), certificate.validTo, caught(() => new crypto.X509Certificate("x")).code];`,
    "finds primes": `return [crypto.checkPrimeSync(7n), crypto.checkPrimeSync(8n), crypto.generatePrimeSync(16, { bigint: true }) > 0n];`,
  },
);

describe("node:crypto in a worker", () => {
  test("draws nothing outside of requests", async (t) => {
    const script = `import { randomBytes } from "node:crypto";
      let failure; try { randomBytes(1); } catch (error) { failure = error.message; }
      export default { fetch: () => Response.json([failure, randomBytes(1).length]) };`;
    const [failure, length] = await json(create(t, { script, ...FLAGS }));
    assert.match(failure, /can only be performed while handling a request/);
    assert.equal(length, 1);
  });

  test("keeps what a caller writes to its buffers later out of a hash", async (t) => {
    const script = `import { createHash } from "node:crypto";
      export default { fetch() { const bytes = new Uint8Array([1]); const hash = createHash("sha256").update(bytes); bytes[0] = 2; return Response.json(hash.digest("hex")); } };`;
    const expected = crypto
      .createHash("sha256")
      .update(new Uint8Array([1]))
      .digest("hex");
    assert.equal(await json(create(t, { script, ...FLAGS })), expected);
  });

  test("reaches nothing of Node but its lists", async (t) => {
    const script = `import { createHash } from "node:crypto"; import path from "node:path";
      export default { fetch() {
        const failures = [() => path.win32.join({ toString: () => "x" }), () => createHash("sha256", { outputLength: "x" }), () => createHash("__proto__")].map((work) => { try { return work(); } catch (error) { return error.constructor === TypeError || error.constructor === Error || error.constructor === RangeError; } });
        return Response.json(failures);
      } };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), [true, true, true]);
  });
});

sameAsNode(
  "output of node:crypto in pieces",
  { crypto: "node:crypto", stream: "node:stream" },
  {
    "a text that pieces are joined to is that of the whole": `const key = Buffer.alloc(32, 1); const iv = Buffer.alloc(16, 2);
      return ["hex", "base64", "base64url", "latin1"].map((encoding) => {
        const cipher = crypto.createCipheriv("aes-256-cbc", key, iv);
        const text = cipher.update("a".repeat(20), "utf8", encoding) + cipher.update("é", "utf8", encoding) + cipher.final(encoding);
        const decipher = crypto.createDecipheriv("aes-256-cbc", key, iv);
        return [text, decipher.update(text, encoding, "utf8") + decipher.final("utf8")];
      });`,
    "characters of several bytes are not torn": `const key = Buffer.alloc(32, 1); const iv = Buffer.alloc(16, 2);
      const cipher = crypto.createCipheriv("aes-256-ctr", key, iv); const bytes = Buffer.concat([cipher.update("aé€😀"), cipher.final()]);
      const decipher = crypto.createDecipheriv("aes-256-ctr", key, iv);
      return [...bytes].map((byte) => decipher.update(Buffer.from([byte]), undefined, "utf8")).concat(decipher.final("utf8"));`,
    "an encoding stays, and must be one": `const make = () => crypto.createCipheriv("aes-256-cbc", Buffer.alloc(32), Buffer.alloc(16));
      const started = () => { const cipher = make(); cipher.update("x", "utf8", "utf8"); return cipher; };
      // Node 24 has other words for the first.
      const { code, message } = caught(() => make().update("x", "utf8", "nope"));
      return [caught(() => started().final("hex")) instanceof Error, code, message];`,
    "a hash that was a stream can still be asked": `const hash = crypto.createHash("sha256"); const source = new stream.PassThrough();
      source.pipe(hash); source.end("abc");
      const streamed = await new Promise((resolve) => hash.on("data", (chunk) => resolve(chunk.toString("hex"))));
      return [streamed, hash.digest("hex")];`,
    "classes are those that objects have": `return [crypto.getDiffieHellman("modp1").constructor === crypto.DiffieHellmanGroup, crypto.createHash("sha1") instanceof crypto.Hash];`,
  },
);
