// Tags: oracle, every-node
// What R2 refuses, in the words of Miniflare 2.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { differs } from "../support/miniflare.mjs";

const both = inBothRealms("bucket", "env.BUCKET", (mf) => mf.getR2Bucket("BUCKET"), {
  r2Buckets: ["BUCKET"],
  compatibilityFlags: ["streams_enable_constructors"],
});

/** A test of calls by source, each with the class and the text of its error. */
function refuses(name, calls, options = {}) {
  const acts = Object.keys(calls).map((call) => `await caught(async () => ${call})`);
  both(name, `const long = "x".repeat(1025); return [${acts.join(",\n")}];`, Object.values(calls), options);
}

const bad = (method, text, status = 400) => ["Error", `R2 ${method} failed: (${status}) ${text}`];
const noKey = (method) => [
  "TypeError",
  `Failed to execute '${method}' on 'R2Bucket': parameter 1 is not of type 'string'.`,
];

describe("R2 refuses", () => {
  refuses("calls without a key", {
    "bucket.head()": noKey("head"),
    "bucket.get()": noKey("get"),
    "bucket.put()": noKey("put"),
    "bucket.delete()": noKey("delete"),
    "bucket.createMultipartUpload()": noKey("createMultipartUpload"),
    "bucket.resumeMultipartUpload()": noKey("resumeMultipartUpload"),
    'bucket.resumeMultipartUpload("a")': [
      "TypeError",
      "Failed to execute 'resumeMultipartUpload' on 'R2Bucket': parameter 2 is not of type 'string'.",
    ],
  });

  refuses("keys that are too long, are no Unicode, or are its own", {
    "bucket.head(long)": bad("HEAD", "UTF-8 encoded length of 1025 exceeds key length limit of 1024.", 414),
    'bucket.get("é".repeat(513))': bad("GET", "UTF-8 encoded length of 1026 exceeds key length limit of 1024.", 414),
    "bucket.put(long, 1)": bad("PUT", "UTF-8 encoded length of 1025 exceeds key length limit of 1024.", 414),
    'bucket.delete(["a", long])': bad("DELETE", "UTF-8 encoded length of 1025 exceeds key length limit of 1024.", 414),
    'bucket.get("\\ud800")': bad("GET", "Key contains an illegal unicode value(s)."),
    'bucket.put("\\udc00a", "")': bad("PUT", "Key contains an illegal unicode value(s)."),
    'bucket.head("__MINIFLARE_INTERNAL__")': bad("HEAD", 'Key cannot start with "__MINIFLARE_INTERNAL__".'),
  });

  both(
    "no key of 1024 bytes, nor surrogates that are a pair",
    `const key = "x".repeat(1024);
    await bucket.put(key, "1");
    await bucket.put("👋", "2");
    return [(await bucket.head(key)).size, (await bucket.head("👋")).size];`,
    [1, 1],
    differs("it refuses keys of 1024 bytes, and says that 1024 exceed 1024"),
  );

  refuses(
    "lone surrogates anywhere in a key",
    { 'bucket.get("a\\ud800b")': bad("GET", "Key contains an illegal unicode value(s).") },
    differs("it looks at the ends only"),
  );

  both(
    "all keys of a delete before it deletes one",
    `await bucket.put("a", "1");
    const error = await caught(() => bucket.delete(["a", "__MINIFLARE_INTERNAL__"]));
    return [error[0], (await bucket.head("a")).size];`,
    ["Error", 1],
  );

  refuses("conditions of the wrong types", {
    'bucket.get("a", { onlyIf: 1 })': bad("GET", "onlyIf must be an object, a Headers instance, or undefined."),
    'bucket.put("a", "", { onlyIf: "x" })': bad("PUT", "onlyIf must be an object, a Headers instance, or undefined."),
    'bucket.get("a", { onlyIf: { etagMatches: 1 } })': bad("GET", "etagMatches must be a string."),
    'bucket.put("a", "", { onlyIf: { etagDoesNotMatch: {} } })': bad("PUT", "etagDoesNotMatch must be a string."),
    'bucket.get("a", { onlyIf: { uploadedBefore: 1 } })': bad("GET", "uploadedBefore must be a Date."),
    'bucket.put("a", "", { onlyIf: { uploadedAfter: "x" } })': bad("PUT", "uploadedAfter must be a Date."),
  });

  refuses("ranges of the wrong types", {
    'bucket.get("a", { range: 1 })': bad("GET", "range must either be an object or undefined."),
    'bucket.get("a", { range: { offset: "1" } })': bad("GET", "offset must either be a number or undefined."),
    'bucket.get("a", { range: { length: "1" } })': bad("GET", "length must either be a number or undefined."),
    'bucket.get("a", { range: { suffix: "1" } })': bad("GET", "suffix must either be a number or undefined."),
    'bucket.get("a", { range: { offset: -1 } })': bad(
      "GET",
      "Invalid range. Starting offset must be greater than or equal to 0.",
    ),
  });

  refuses(
    "ranges that are not whole numbers",
    {
      'bucket.get("a", { range: { offset: 1.5 } })': bad("GET", "offset must be a whole number, got 1.5."),
      'bucket.get("a", { range: { length: NaN } })': bad("GET", "length must be a whole number, got NaN."),
    },
    differs("it passes them on"),
  );

  refuses("metadata of the wrong types", {
    'bucket.put("a", "", { httpMetadata: 1 })': bad("PUT", "httpMetadata must be an object or undefined."),
    'bucket.put("a", "", { httpMetadata: { contentType: 1 } })': bad(
      "PUT",
      "contentType's value must be a string or undefined.",
    ),
    'bucket.put("a", "", { httpMetadata: { other: 1 } })': bad("PUT", "other's value must be a string or undefined."),
    'bucket.put("a", "", { httpMetadata: { cacheExpiry: "x" } })': bad(
      "PUT",
      "cacheExpiry's value must be a Date or undefined.",
    ),
    'bucket.put("a", "", { customMetadata: 1 })': bad("PUT", "customMetadata must be an object or undefined."),
    'bucket.put("a", "", { customMetadata: { a: 1 } })': bad("PUT", "customMetadata values must be strings."),
  });

  refuses("digests that are none", {
    'bucket.put("a", "", { md5: null })': [
      "TypeError",
      "Incorrect type for the 'md5' field on 'PutOptions': the provided value is not of type 'ArrayBuffer or ArrayBufferView or string'.",
    ],
    'bucket.put("a", "", { md5: "0" })': ["TypeError", "MD5 is 32 hex characters, not 1"],
    'bucket.put("a", "", { sha1: "g".repeat(40) })': ["TypeError", "Provided SHA-1 wasn't a valid hex string"],
    'bucket.put("a", "", { sha256: new ArrayBuffer(1) })': ["TypeError", "SHA-256 is 32 bytes, not 1"],
    'bucket.put("a", "", { sha384: new Uint8Array(2) })': ["TypeError", "SHA-384 is 48 bytes, not 2"],
    'bucket.put("a", "", { sha512: "0" })': ["TypeError", "SHA-512 is 128 hex characters, not 1"],
    'bucket.put("a", "", { md5: "0".repeat(32), sha1: "0".repeat(40) })': [
      "TypeError",
      "You cannot specify multiple hashing algorithms.",
    ],
  });

  refuses("options of a list that are none", {
    'bucket.list({ limit: "1" })': bad("LIST", "limit must be a number or undefined."),
    "bucket.list({ limit: 0 })": bad("LIST", "MaxKeys params must be positive integer <= 1000."),
    "bucket.list({ limit: 1001 })": bad("LIST", "MaxKeys params must be positive integer <= 1000."),
    "bucket.list({ prefix: 1 })": bad("LIST", "prefix must be a string or undefined."),
    "bucket.list({ cursor: 1 })": bad("LIST", "cursor must be a string or undefined."),
    "bucket.list({ delimiter: 1 })": bad("LIST", "delimiter must be a string or undefined."),
    "bucket.list({ startAfter: 1 })": bad("LIST", "startAfter must be a string or undefined."),
    "bucket.list({ include: 1 })": bad("LIST", "include must be an array or undefined."),
    'bucket.list({ include: ["a"] })': bad(
      "LIST",
      "include values must be httpMetadata and/or customMetadata strings.",
    ),
  });

  refuses(
    "too much metadata, too many keys, other storage classes, and chunks that are not bytes",
    {
      'bucket.put("a", "", { customMetadata: { a: "x".repeat(8192) } })': [
        "Error",
        "put: Your metadata headers exceed the maximum allowed metadata size. (10012)",
      ],
      "bucket.delete(Array(1001).fill('a'))": bad("DELETE", "At most 1000 keys can be deleted at once, got 1001."),
      'bucket.put("a", "", { storageClass: "Cold" })': bad(
        "PUT",
        'storageClass must be "Standard", "InfrequentAccess", or undefined.',
      ),
      'bucket.put("a", new ReadableStream({ start: (to) => { to.enqueue("text"); to.close(); } }))': [
        "TypeError",
        "R2 put() accepts only streams of bytes as values, got a chunk that is a string.",
      ],
    },
    differs("it has none of these"),
  );
});

describe("a key of the customer", () => {
  both(
    "is needed to read what was stored with it",
    `const ssecKey = "ab".repeat(32);
    const put = await bucket.put("key", "value", { ssecKey });
    const get = (ssecKey) => bucket.get("key", { ssecKey });
    const bytes = new Uint8Array(32).fill(0xab);
    return [put.ssecKeyMd5, (await bucket.head("key")).ssecKeyMd5, await (await get(ssecKey)).text(),
      await (await get(bytes)).text(), await caught(() => get(undefined)), await caught(() => get("cd".repeat(32)))];`,
    (() => {
      const md5 = "6Z+00jTp9DFT5j+l/q0WFA==";
      const refused = ["Error", "get: The object was stored with an SSE-C key: the option ssecKey must be that key."];
      return [md5, md5, "value", "value", refused, refused];
    })(),
    differs("it has no such keys"),
  );

  refuses(
    "is 32 bytes",
    {
      'bucket.put("a", "", { ssecKey: "AB".repeat(32) })': ["Error", "SSE-C Key has invalid format"],
      'bucket.put("a", "", { ssecKey: "ab" })': ["Error", "SSE-C Key must be 32 bytes in length"],
      'bucket.get("a", { ssecKey: new ArrayBuffer(31) })': ["Error", "SSE-C Key must be 32 bytes in length"],
      'bucket.get("a", { ssecKey: 1 })': [
        "TypeError",
        "Incorrect type for the 'ssecKey' field on 'GetOptions': the provided value is not of type 'ArrayBuffer or ArrayBufferView or string'.",
      ],
    },
    differs("it has no such keys"),
  );
});
