// Random programs over buckets do here what they do on Miniflare 4: which objects conditions admit, which bytes ranges give, what
// lists have. MINIFLARE_R2_PROGRAMS says how many programs there are.
//
// Left out is what follows Miniflare 2 or R2 itself here: the texts of errors; `range` of an object without its body, and of an
// empty one, which ignores a range that is asked for; `storageClass`, which Miniflare 4 does not keep.

import { describe } from "node:test";
import { compareWithMiniflare4 } from "../support/programs.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_R2_PROGRAMS ?? 10);
const STEPS = 150;
const FAR = Date.UTC(2100, 0);
const test = within(240_000);

/** Executes a program on the bucket that the path names. In conditions, `$` is the tag of the last object that was put. */
const script = `
const known = async (object) => object === null ? null : {
  key: object.key, size: object.size, etag: object.etag, httpEtag: object.httpEtag, range: object.range ?? null,
  http: object.httpMetadata, custom: object.customMetadata, checksums: object.checksums.toJSON(),
  body: object.body ? await object.text() : null,
};
const valueOf = (value, last) => typeof value === "string" ? value.replace("$", last) : value;
function conditionOf({ headers, ...condition }, last) {
  const date = (name, value) => name.startsWith("uploaded") ? new Date(value) : valueOf(value, last);
  const header = (value) => typeof value === "number" ? new Date(value).toUTCString() : valueOf(value, last);
  if (headers) return new Headers(Object.entries(headers).map(([name, value]) => [name, header(value)]));
  return Object.fromEntries(Object.entries(condition).map(([name, value]) => [name, date(name, value)]));
}
export default { async fetch(request, env) {
  const bucket = env[new URL(request.url).pathname.slice(1)];
  let last = "none";
  const options = ({ onlyIf, range, ...rest }) => ({
    ...rest,
    ...(onlyIf && { onlyIf: conditionOf(onlyIf, last) }),
    ...(range && { range: range.header ? new Headers({ range: range.header }) : range }),
  });
  const STEPS = {
    async put(key, value, given) {
      const object = await bucket.put(key, value, options(given));
      if (object !== null) last = object.etag;
      return known(object);
    },
    get: async (key, given) => known(await bucket.get(key, options(given))),
    head: async (key) => known(await bucket.head(key)),
    delete: (keys) => bucket.delete(keys),
    async list(given) {
      const { objects, truncated, delimitedPrefixes } = await bucket.list(given);
      return { objects: await Promise.all(objects.map(known)), truncated, delimitedPrefixes };
    },
  };
  const outcomes = [];
  for (const [kind, ...args] of await request.json()) {
    outcomes.push(await STEPS[kind](...args).catch(({ name }) => ({ error: name })) ?? null);
  }
  return Response.json(outcomes);
} };`;

function programOf(random) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const maybe = (chance, name, value) => (random() < chance ? { [name]: value() } : {});
  const key = () => one(["a", "b", "a/b", "a/c", "ü", "c d"]);
  const condition = () =>
    one([
      ...["$", "*", "nope"].map((tag) => ({ etagMatches: tag })),
      ...["$", "nope"].map((tag) => ({ etagDoesNotMatch: tag })),
      ...[1, FAR].flatMap((time) => [{ uploadedBefore: time }, { uploadedAfter: time }]),
      { etagMatches: "$", uploadedBefore: 1 },
      { etagDoesNotMatch: "$", uploadedAfter: 1 },
      { secondsGranularity: true, uploadedAfter: FAR },
      ...['"$"', "*", '"x", "$"'].map((tags) => ({ headers: { "if-match": tags } })),
      ...['"$"', "*", 'W/"$"'].map((tags) => ({ headers: { "if-none-match": tags } })),
      ...[1000, FAR].map((time) => ({ headers: { "if-unmodified-since": time } })),
      { headers: { "if-modified-since": FAR } },
    ]);
  const range = () =>
    one([
      ...[0, 2, 100].map((offset) => ({ offset })),
      ...[0, 2].map((length) => ({ length })),
      ...[2, 100].map((suffix) => ({ suffix })),
      ...[3, 100].map((length) => ({ offset: 2, length })),
      ...["bytes=1-2", "bytes=-2", "bytes=2-", "bytes=9-1", "items=1-2", "bytes=0-1,3-4"].map((header) => ({ header })),
    ]);
  const put = () => ({
    ...maybe(0.3, "onlyIf", condition),
    ...maybe(0.3, "customMetadata", () => ({ a: one(["1", "ü"]) })),
    ...maybe(0.3, "httpMetadata", () => ({ contentType: "text/plain" })),
  });
  const list = () => ({
    ...maybe(0.4, "prefix", () => one(["a", "a/", "", "zz"])),
    ...maybe(0.3, "delimiter", () => "/"),
    ...maybe(0.3, "limit", () => one([1, 2, 10])),
    ...maybe(0.3, "startAfter", () => one(["a", "a/b", "zz", "aa"])),
    ...maybe(0.4, "include", () => one([["httpMetadata"], ["customMetadata"], ["httpMetadata", "customMetadata"], []])),
  });
  const step = () =>
    one([
      () => ["put", key(), one(["", "hello world", "x".repeat(40)]), put()],
      () => ["put", key(), "hello world", put()],
      () => ["get", key(), { ...maybe(0.4, "onlyIf", condition), ...maybe(0.5, "range", range) }],
      () => ["head", key()],
      () => ["delete", one([key(), [key(), key()]])],
      () => ["list", list()],
    ])();
  return Array.from({ length: STEPS }, step);
}

/** An outcome without what is left out. */
function compared(outcome) {
  if (outcome?.objects !== undefined) return { ...outcome, objects: outcome.objects.map(compared) };
  if (outcome?.body !== null && outcome?.size !== 0) return outcome;
  const { range, ...rest } = outcome;
  return rest;
}

const isLeftOut = (outcome, step) => outcome?.size === 0 && step[2]?.range !== undefined;

describe("random programs over a bucket", () => {
  test(`do what they do on Miniflare 4, ${PROGRAMS} times`, async (t) => {
    const random = randomOf(seedOf(t));
    const programs = Array.from({ length: PROGRAMS }, () => programOf(random));
    await compareWithMiniflare4({ script, option: "r2Buckets", programs, compared, isLeftOut });
  });
});
