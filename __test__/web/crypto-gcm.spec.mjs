// Tags: oracle, every-node
// AES-GCM by the vectors of Project Wycheproof: nonces of 1 to 257 bytes, counters that wrap, tags that were modified. The
// vectors have tags of 128 bits; a shorter tag is the beginning of that (NIST SP 800-38D, 7.1).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe } from "node:test";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const vectors = JSON.parse(readFileSync(new URL("./vectors/aes-gcm.json", import.meta.url), "utf8"));
const TAGS = [32, 64, 96, 104, 112, 120, 128];

/** Answers for each vector and tag what encrypting and decrypting give, in hexadecimal digits, or the error's name. */
const SCRIPT = `
const bytes = (digits) => new Uint8Array((digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16)));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const outcome = (work) => work.then(hex, (error) => error.name);
async function run({ key, iv, aad, msg, ct, tag, tagLength }) {
  const imported = await crypto.subtle.importKey("raw", bytes(key), "AES-GCM", false, ["encrypt", "decrypt"]);
  const algorithm = { name: "AES-GCM", iv: bytes(iv), additionalData: bytes(aad), tagLength };
  return {
    sealed: await outcome(crypto.subtle.encrypt(algorithm, imported, bytes(msg))),
    open: await outcome(crypto.subtle.decrypt(algorithm, imported, bytes(ct + tag))),
  };
}
export default {
  async fetch(request) {
    return Response.json(await Promise.all((await request.json()).map(run)));
  }
};`;

async function run(t, calls) {
  const body = JSON.stringify(calls);
  return json(create(t, { modules: true, script: SCRIPT }), "http://localhost/", { method: "POST", body });
}

const isValid = ({ result }) => result === "valid";
const has = (flag) => (vector) => vector.flags.includes(flag);

describe("AES-GCM", () => {
  for (const tagLength of TAGS) {
    test(`seals and opens what the vectors say, with a tag of ${tagLength} bits`, async (t) => {
      const calls = vectors.filter(isValid).map((vector) => {
        return { ...vector, tag: vector.tag.slice(0, tagLength / 4), tagLength };
      });
      assert.equal(calls.length, 229);
      const expected = calls.map(({ msg, ct, tag }) => ({ sealed: ct + tag, open: msg }));
      assert.deepEqual(await run(t, calls), expected);
    });
  }

  test("opens nothing whose tag was modified, whatever the nonce", async (t) => {
    const modified = vectors.filter(has("ModifiedTag")).map((vector) => ({ ...vector, tagLength: 128 }));
    assert.equal(modified.length, 81);
    const flip = (digits) => (Number.parseInt(digits[0], 16) ^ 8).toString(16) + digits.slice(1);
    const flipped = vectors.filter(isValid).flatMap((vector) =>
      [32, 104, 128].map((tagLength) => {
        return { ...vector, tag: flip(vector.tag).slice(0, tagLength / 4), tagLength };
      }),
    );
    const calls = [...modified, ...flipped];
    const opened = (await run(t, calls)).map(({ open }) => open);
    assert.deepEqual(
      opened,
      calls.map(() => "OperationError"),
    );
  });

  test("refuses a nonce without a byte", async (t) => {
    const calls = vectors.filter(has("ZeroLengthIv")).flatMap((vector) => {
      return TAGS.map((tagLength) => ({ ...vector, tag: vector.tag.slice(0, tagLength / 4), tagLength }));
    });
    assert.equal(calls.length, 42);
    const refused = { sealed: "OperationError", open: "OperationError" };
    assert.deepEqual(
      await run(t, calls),
      calls.map(() => refused),
    );
  });
});
