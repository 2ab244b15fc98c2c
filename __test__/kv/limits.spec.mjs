// Tags: oracle, every-node
// What KV refuses, and the words it has for that.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { differs } from "../support/miniflare.mjs";

const both = inBothRealms("kv", "env.KV", (mf) => mf.getKVNamespace("KV"), { kvNamespaces: ["KV"] });
const METHODS = ["get", "getWithMetadata", "put", "delete"];

describe("a key", () => {
  both(
    "must be a string",
    `return Promise.all(${JSON.stringify(METHODS)}.map((method) => caught(() => kv[method](1, "value"))));`,
    METHODS.map((method) => [
      "TypeError",
      `Failed to execute '${method}' on 'KvNamespace': parameter 1 is not of type 'string'.`,
    ]),
  );

  both(
    "must not be empty, nor a dot or two",
    `return Promise.all(["", ".", ".."].map((key) => caught(() => kv.get(key))));`,
    [
      ["TypeError", "Key name cannot be empty."],
      ["TypeError", '"." is not allowed as a key name.'],
      ["TypeError", '".." is not allowed as a key name.'],
    ],
  );

  const tooLong = (method) => [
    "Error",
    `KV ${method} failed: 414 UTF-8 encoded length of 514 exceeds key length limit of 512.`,
  ];
  both(
    "must not be longer than 512 bytes",
    `const key = "é".repeat(257);
    return Promise.all(${JSON.stringify(METHODS)}.map((method) => caught(() => kv[method](key, "text"))));`,
    [tooLong("GET"), tooLong("GET"), tooLong("PUT"), tooLong("DELETE")],
  );

  both("may be 512 bytes long", `await kv.put("é".repeat(256), "value"); return kv.get("é".repeat(256));`, "value");
});

describe("get()", () => {
  const unknownType = 'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".';
  both(
    "knows four types",
    `return Promise.all(["map", { type: "blob" }].flatMap((type) => [
      caught(() => kv.get("key", type)), caught(() => kv.getWithMetadata("key", type))]));`,
    Array(4).fill(["TypeError", unknownType]),
  );

  both(
    "wants a cacheTtl of a minute at least",
    `return Promise.all([{ cacheTtl: 59 }, { cacheTtl: "soon" }, { cacheTtl: 60 }, { cacheTtl: 0 }].map((options) =>
      caught(() => kv.get("key", options))));`,
    [
      ["Error", "KV GET failed: 400 Invalid cache_ttl of 59. Cache TTL must be at least 60."],
      ["Error", "KV GET failed: 400 Invalid cache_ttl of soon. Cache TTL must be at least 60."],
      "nothing thrown",
      "nothing thrown",
    ],
  );
});

describe("put()", () => {
  const kinds = "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.";
  both(
    "takes text, bytes and streams",
    `return Promise.all([undefined, null, 1, {}, [1]].map((value) => caught(() => kv.put("key", value))));`,
    Array(5).fill(["TypeError", kinds]),
  );

  both(
    "takes 25 MiB, and not a byte more",
    `const limit = 25 * 1024 * 1024;
    const refused = await caught(() => kv.put("key", new Uint8Array(limit + 1)));
    await kv.put("key", "a".repeat(limit));
    return [refused, (await kv.get("key")).length];`,
    [["Error", "KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400."], 26_214_400],
  );

  both(
    "gives up a stream that has no end",
    `let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1024 * 1024)),
      cancel() { cancelled = true; },
    });
    const error = await caught(() => kv.put("key", endless));
    return [error, cancelled];`,
    [["Error", "KV PUT failed: 413 Value length of 27262976 exceeds limit of 26214400."], true],
    differs("it reads on"),
  );

  both(
    "takes streams of bytes only",
    `const text = new ReadableStream({ start: (controller) => controller.enqueue("text") });
    return caught(() => kv.put("key", text));`,
    ["TypeError", "KV put() accepts only streams of bytes as values, got a chunk that is a string."],
    differs("it takes text, which Workers refuse"),
  );

  both(
    "takes metadata of a kibibyte",
    `await kv.put("key", "value", { metadata: "m".repeat(1022) });
    return [(await kv.getWithMetadata("key")).metadata.length,
      await caught(() => kv.put("key", "value", { metadata: "m".repeat(1023) }))];`,
    [1022, ["Error", "KV PUT failed: 413 Metadata length of 1025 exceeds limit of 1024."]],
  );

  const ttl = (shown, why) => ["Error", `KV PUT failed: 400 Invalid expiration_ttl of ${shown}. ${why}`];
  both(
    "wants an expirationTtl of a minute at least",
    `return Promise.all(["soon", -1, 0, 59, "59", 59.6, "60s"].map((expirationTtl) =>
      caught(() => kv.put("key", "value", { expirationTtl }))));`,
    [
      ttl("soon", "Please specify integer greater than 0."),
      ttl("-1", "Please specify integer greater than 0."),
      ttl("0", "Please specify integer greater than 0."),
      ttl("59", "Expiration TTL must be at least 60."),
      ttl("59", "Expiration TTL must be at least 60."),
      "nothing thrown",
      "nothing thrown",
    ],
  );

  both(
    "wants an expiration that is a minute away at least",
    `const now = Math.floor(Date.now() / 1000);
    const times = ["later", now - 1, now + 30, String(now + 3600), now + 3600];
    const refused = await Promise.all(times.map((expiration) => caught(() => kv.put("key", "value", { expiration }))));
    const past = "KV PUT failed: 400 Invalid expiration of " + (now - 1) +
      ". Please specify integer greater than the current number of seconds since the UNIX epoch.";
    const soon = "KV PUT failed: 400 Invalid expiration of " + (now + 30) +
      ". Expiration times must be at least 60 seconds in the future.";
    return [refused[0][1], refused[1][1] === past, refused[2][1] === soon, refused[3], refused[4]];`,
    [
      "KV PUT failed: 400 Invalid expiration of later. Please specify integer greater than the current number of seconds since the UNIX epoch.",
      true,
      true,
      "nothing thrown",
      "nothing thrown",
    ],
  );

  const range = ["TypeError", "Value out of range. Must be between -2147483648 and 2147483647 (inclusive)."];
  both(
    "wants times of 32 bits",
    `return Promise.all([{ expirationTtl: 2 ** 31 }, { expiration: 2 ** 31 }, { expiration: -(2 ** 31) - 1 }].map(
      (options) => caught(() => kv.put("key", "value", options))));`,
    [range, range, range],
  );

  both(
    "looks at expirationTtl when both are given",
    `const now = Math.floor(Date.now() / 1000);
    await kv.put("key", "value", { expiration: 1, expirationTtl: 3600 });
    const [{ expiration }] = (await kv.list()).keys;
    return expiration - now >= 3600 && expiration - now < 3660;`,
    true,
  );
});

describe("list()", () => {
  const limit = (shown, than) => [
    "Error",
    `KV GET failed: 400 Invalid key_count_limit of ${shown}. Please specify an integer ${than}.`,
  ];
  both(
    "lists between one key and a thousand",
    `return Promise.all([0, -1, "many", 1001, 1, 1000].map((limit) => caught(() => kv.list({ limit }))));`,
    [
      limit(0, "greater than 0"),
      limit(-1, "greater than 0"),
      limit("many", "greater than 0"),
      limit(1001, "less than 1000"),
      "nothing thrown",
      "nothing thrown",
    ],
  );
});
