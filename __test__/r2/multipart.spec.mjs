// Tags: oracle, every-node
// Objects that are uploaded in parts.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { deepEqualOutside, evaluate } from "../support/dispatch.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const compatibilityFlags = ["streams_enable_constructors", "transformstream_enable_standard_constructor"];
const base = { r2Buckets: ["BUCKET"], compatibilityFlags };
const both = inBothRealms("bucket", "env.BUCKET", (mf) => mf.getR2Bucket("BUCKET"), base);

const HELPERS = `const MIN = 5 * 1024 * 1024;
const part = (letter, length = MIN) => letter.repeat(length);
const ends = async (key, range) => {
  const text = await (await bucket.get(key, { range })).text();
  return [text.length, text[0], text.at(-1)];
};`;

describe("a multipart upload", () => {
  both(
    "makes an object of its parts, in the order of their numbers",
    `${HELPERS} const upload = await bucket.createMultipartUpload("key", {
      httpMetadata: { contentType: "a/b" }, customMetadata: { a: "1" },
    });
    const resumed = bucket.resumeMultipartUpload(upload.key, upload.uploadId);
    const last = await upload.uploadPart(9, "end");
    const first = await resumed.uploadPart(2, part("a"));
    const second = await upload.uploadPart(3, new TextEncoder().encode(part("b")));
    const isEarly = await bucket.head("key");
    const object = await upload.complete([first, second, last]);
    const { size, etag, httpEtag, httpMetadata, customMetadata, checksums, range } = await bucket.head("key");
    return [isEarly, upload.key, upload.uploadId.length, first.partNumber, first.etag.length, object.etag === etag,
      { size, suffix: etag.slice(32), quoted: httpEtag === '"' + etag + '"', httpMetadata, customMetadata,
        checksums: checksums.toJSON(), range: range === undefined },
      await ends("key"), (await bucket.list()).objects.map(({ key }) => key)];`,
    [
      null,
      "key",
      171,
      2,
      171,
      true,
      {
        size: 2 * 5 * 1024 * 1024 + 3,
        suffix: "-3",
        quoted: true,
        httpMetadata: { contentType: "a/b" },
        customMetadata: { a: "1" },
        checksums: {},
        range: true,
      },
      [2 * 5 * 1024 * 1024 + 3, "a", "d"],
      ["key"],
    ],
  );

  both(
    "is read across its parts",
    `${HELPERS} const upload = await bucket.createMultipartUpload("key");
    const parts = [await upload.uploadPart(1, part("a")), await upload.uploadPart(2, part("b")), await upload.uploadPart(3, "c")];
    await upload.complete(parts);
    const read = async (range) => (await bucket.get("key", { range })).text();
    return [await read({ offset: MIN - 2, length: 4 }), await read({ offset: 2 * MIN - 1 }), await read({ suffix: 1 }),
      await read({ offset: MIN, length: 1 }), await ends("key", { offset: 1, length: 2 * MIN })];`,
    ["aabb", "bc", "c", "b", [2 * 5 * 1024 * 1024, "a", "c"]],
  );

  both(
    "has an etag of the digests of its parts",
    `const upload = await bucket.createMultipartUpload("key");
    const { etag } = await upload.complete([await upload.uploadPart(1, "1")]);
    const empty = await bucket.createMultipartUpload("empty");
    const object = await empty.complete([]);
    return [etag, object.etag, object.size, await (await bucket.get("empty")).text()];`,
    ["46d1741e8075da4ac72c71d8130fcb71-1", "d41d8cd98f00b204e9800998ecf8427e-0", 0, ""],
  );

  both(
    "takes the last of the parts with one number",
    `const upload = await bucket.createMultipartUpload("key");
    const first = await upload.uploadPart(1, "first");
    const second = await upload.uploadPart(1, "second");
    const error = await caught(() => upload.complete([first]));
    await upload.complete([second]);
    return [error, await (await bucket.get("key")).text()];`,
    [["Error", "completeMultipartUpload: One or more of the specified parts could not be found. (10025)"], "second"],
  );

  both(
    "is over when it is completed or aborted",
    `const [done, aborted] = [await bucket.createMultipartUpload("done"), await bucket.createMultipartUpload("aborted")];
    const part = await done.uploadPart(1, "value");
    await aborted.uploadPart(1, "value");
    await done.complete([part]);
    await aborted.abort();
    await done.abort();
    await aborted.abort();
    const unknown = bucket.resumeMultipartUpload("key", "unknown");
    return [await caught(() => done.uploadPart(1, "")), await caught(() => aborted.uploadPart(1, "")),
      await caught(() => unknown.uploadPart(1, "")), await caught(() => done.complete([part])),
      await caught(() => aborted.complete([])), await caught(() => unknown.complete([])), await caught(() => unknown.abort()),
      await (await bucket.get("done")).text(), await bucket.get("aborted")];`,
    (() => {
      const none = (method) => ["Error", `${method}: The specified multipart upload does not exist. (10024)`];
      const internal = (method) => ["Error", `${method}: We encountered an internal error. Please try again. (10001)`];
      const complete = "completeMultipartUpload";
      return [
        ...Array(3).fill(none("uploadPart")),
        none(complete),
        internal(complete),
        internal(complete),
        internal("abortMultipartUpload"),
        "value",
        null,
      ];
    })(),
  );

  both(
    "refuses parts of the wrong sizes",
    `${HELPERS} const sizes = async (...parts) => {
      const upload = await bucket.createMultipartUpload("key");
      const uploaded = [];
      for (const [number, length] of parts) uploaded.push(await upload.uploadPart(number, part("a", length)));
      return caught(() => upload.complete(uploaded));
    };
    return [await sizes([1, 1], [2, 1]), await sizes([2, MIN], [1, 1]), await sizes([1, MIN], [2, MIN + 1]),
      await sizes([1, MIN + 1], [2, MIN], [3, 1])];`,
    (() => {
      const small = [
        "Error",
        "completeMultipartUpload: Your proposed upload is smaller than the minimum allowed object size.",
      ];
      const wrong = ["Error", "completeMultipartUpload: There was a problem with the multipart upload. (10048)"];
      return [small, wrong, wrong, wrong];
    })(),
  );

  both(
    "refuses a value that is not a part",
    `const upload = await bucket.createMultipartUpload("key");
    const one = await upload.uploadPart("1", "value");
    const long = "x".repeat(1025);
    const acts = [() => upload.uploadPart(), () => upload.uploadPart(1), () => upload.uploadPart(1, null),
      () => upload.uploadPart(0, ""), () => upload.uploadPart(10001, ""), () => upload.uploadPart("x", ""),
      () => upload.complete(), () => upload.complete([1]), () => upload.complete([{ partNumber: 0, etag: "" }]),
      () => upload.complete([{ partNumber: 1, etag: "other" }]), () => upload.complete([one, one]),
      () => bucket.createMultipartUpload(long), () => bucket.createMultipartUpload("__MINIFLARE_INTERNAL__"),
      () => bucket.resumeMultipartUpload(long, "a").uploadPart(1, ""), () => bucket.resumeMultipartUpload(long, "a").abort(),
      () => bucket.resumeMultipartUpload(long, "a").complete([]), () => bucket.createMultipartUpload("a", 1),
      () => bucket.createMultipartUpload("a", { customMetadata: 1 }),
      () => bucket.createMultipartUpload("a", { httpMetadata: 1 }),
      async () => { "use strict"; upload.key = "a"; }, async () => { "use strict"; upload.uploadId = "a"; }];
    const errors = [];
    for (const act of acts) errors.push(await caught(act));
    return errors;`,
    (() => {
      const wrong = (method, number, type) => [
        "TypeError",
        `Failed to execute '${method}' on 'R2MultipartUpload': parameter ${number} is not of type '${type}'.`,
      ];
      const value = wrong("uploadPart", 2, "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob");
      const number = (shown) => [
        "TypeError",
        `Part number must be between 1 and 10000 (inclusive). Actual value was: ${shown}`,
      ];
      const name = (method) => ["TypeError", `${method}: The specified object name is not valid. (10020)`];
      const field = (what, type) => [
        "TypeError",
        `Incorrect type for the '${what}' field on 'MultipartOptions': the provided value is not of type '${type}'.`,
      ];
      const readOnly = (property) => [
        "TypeError",
        `Cannot assign to read only property '${property}' of object '#<R2MultipartUpload>'`,
      ];
      return [
        wrong("uploadPart", 1, "integer"),
        value,
        value,
        number(0),
        number(10001),
        number(0),
        wrong("complete", 1, "Array"),
        ["TypeError", "Incorrect type for array element 0: the provided value is not of type 'UploadedPart'."],
        number(0),
        ["Error", "completeMultipartUpload: One or more of the specified parts could not be found. (10025)"],
        ["Error", "completeMultipartUpload: We encountered an internal error. Please try again. (10001)"],
        name("createMultipartUpload"),
        name("createMultipartUpload"),
        name("uploadPart"),
        name("abortMultipartUpload"),
        name("completeMultipartUpload"),
        [
          "TypeError",
          "Failed to execute 'createMultipartUpload' on 'R2Bucket': parameter 2 is not of type 'MultipartOptions'.",
        ],
        field("customMetadata", "object"),
        field("httpMetadata", "HttpMetadata or Headers"),
        readOnly("key"),
        readOnly("uploadId"),
      ];
    })(),
  );

  test("takes streams of known length in the worker, and no others", async (t) => {
    const answer = await evaluate(
      t,
      `const upload = await env.BUCKET.createMultipartUpload("key");
      const fixed = new FixedLengthStream(4);
      const writer = fixed.writable.getWriter();
      const written = writer.write(new TextEncoder().encode("four")).then(() => writer.close());
      const one = await upload.uploadPart(1, fixed.readable);
      await written;
      const [branch] = new Response("branch").body.tee();
      const two = await upload.uploadPart(1, branch);
      const three = await upload.uploadPart(1, new Request("http://a/", { method: "POST", body: "request" }).body);
      const error = await upload.uploadPart(1, new TransformStream().readable).catch(({ name, message }) => [name, message]);
      await upload.complete([three]);
      return [one.partNumber, two.partNumber, error, await (await env.BUCKET.get("key")).text()];`,
      base,
    );
    deepEqualOutside(answer, [
      1,
      1,
      [
        "TypeError",
        "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
      ],
      "request",
    ]);
  });

  both(
    "needs its customer's key for each part, and its object has it",
    `const ssecKey = "ab".repeat(32);
    const upload = await bucket.createMultipartUpload("key", { ssecKey, storageClass: "InfrequentAccess" });
    const error = await caught(() => upload.uploadPart(1, "value"));
    const object = await upload.complete([await upload.uploadPart(1, "value", { ssecKey })]);
    return [error, object.ssecKeyMd5, object.storageClass, await (await bucket.get("key", { ssecKey })).text()];`,
    [
      ["Error", "uploadPart: The object was stored with an SSE-C key: the option ssecKey must be that key."],
      "6Z+00jTp9DFT5j+l/q0WFA==",
      "InfrequentAccess",
      "value",
    ],
    differs("it has no such keys"),
  );
});
