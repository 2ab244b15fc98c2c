// Tags: oracle, every-node
// Conditions of `get` and `put`, and the part of an object that a `get` wants.

import { describe } from "node:test";
import { inBothRealms } from "../support/both.mjs";
import { differs } from "../support/miniflare.mjs";

const compatibilityFlags = ["streams_enable_constructors", "transformstream_enable_standard_constructor"];
const base = { r2Buckets: ["BUCKET"], compatibilityFlags };
/** Of the implementation, from which Node's may differ. */
const HEADERS = "const { constructor: Headers } = new Response().headers;";
const both = inBothRealms("bucket", "env.BUCKET", (mf) => mf.getR2Bucket("BUCKET"), base);
const ETAG = "2063c1608d6e0baf80249c42e2be5804"; // of "value"
const [PAST, FUTURE] = ["new Date(0)", "new Date(1e13)"];

/** Tests which conditions, by source, hold for an object with the value "value", in `get` and in `put`. */
function holds(name, conditions, options = {}) {
  const acts = Object.keys(conditions).map(
    (condition) => `[await (async (onlyIf) => {
      const got = await bucket.get("key", { onlyIf });
      const stored = await bucket.put("key", "value", { onlyIf });
      if (("body" in got) !== (stored !== null)) throw new Error("get and put differ");
      return "body" in got;
    })(${condition})]`,
  );
  const expected = Object.values(conditions).map((held) => [held]);
  both(
    name,
    `${HEADERS} const etag = "${ETAG}"; await bucket.put("key", "value"); return [${acts.join(",\n")}];`,
    expected,
    options,
  );
}

describe("a condition of R2", () => {
  holds("about etags", {
    "{}": true,
    "{ etagMatches: etag }": true,
    '{ etagMatches: `"${etag}"` }': true,
    '{ etagMatches: "other" }': false,
    '{ etagMatches: ["other", etag] }': true,
    "{ etagMatches: `other, ${etag}` }": true,
    "{ etagMatches: [] }": false,
    '{ etagMatches: "" }': true,
    "{ etagDoesNotMatch: etag }": false,
    '{ etagDoesNotMatch: "other" }': true,
    '{ etagDoesNotMatch: ["other", etag] }': false,
    "{ etagDoesNotMatch: [] }": true,
  });

  holds("about times", {
    [`{ uploadedBefore: ${FUTURE} }`]: true,
    [`{ uploadedBefore: ${PAST} }`]: false,
    [`{ uploadedAfter: ${PAST} }`]: true,
    [`{ uploadedAfter: ${FUTURE} }`]: false,
    [`{ uploadedAfter: ${PAST}, uploadedBefore: ${FUTURE} }`]: true,
  });

  holds("about times does not count where one about etags has held", {
    [`{ etagMatches: etag, uploadedBefore: ${PAST} }`]: true,
    [`{ etagMatches: "other", uploadedBefore: ${FUTURE} }`]: false,
    [`{ etagDoesNotMatch: "other", uploadedAfter: ${FUTURE} }`]: true,
    [`{ etagDoesNotMatch: "other", uploadedBefore: ${PAST} }`]: false,
    [`{ etagMatches: etag, uploadedAfter: ${FUTURE} }`]: false,
  });

  holds("may be in headers", {
    "new Headers({})": true,
    "new Headers({ 'if-match': `\"${etag}\"` })": true,
    "new Headers({ 'if-match': '\"a\", \"b\"' })": false,
    'new Headers({ \'if-none-match\': `"a", "${etag}"` })': false,
    "new Headers({ 'if-none-match': '\"a\"' })": true,
    "new Headers({ 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })": true,
    "new Headers({ 'if-modified-since': 'Fri, 01 Jan 2286 00:00:00 GMT' })": false,
    "new Headers({ 'if-unmodified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })": false,
    "new Headers({ 'if-unmodified-since': 'Fri, 01 Jan 2286 00:00:00 GMT' })": true,
    "new Headers({ 'if-unmodified-since': 'no time' })": true,
  });

  holds(
    "knows any etag, and weak ones",
    {
      '{ etagMatches: "*" }': true,
      '{ etagDoesNotMatch: "*" }': false,
      "new Headers({ 'if-none-match': `W/\"${etag}\"` })": false,
      "new Headers({ 'if-match': `W/\"${etag}\"` })": false,
      "new Headers({ 'if-match': '*' })": true,
    },
    differs("it compares them as plain text"),
  );

  both(
    "compares times strictly, in headers by whole seconds",
    `const { uploaded } = await bucket.put("key", "value");
    const isMet = async (onlyIf) => "body" in (await bucket.get("key", { onlyIf }));
    const headers = new Headers({ "if-modified-since": uploaded.toUTCString() });
    return [await isMet({ uploadedBefore: uploaded }), await isMet({ uploadedAfter: uploaded }), await isMet(headers),
      await isMet({ uploadedAfter: new Date(uploaded.getTime() - (uploaded.getTime() % 1000)), secondsGranularity: true })];`,
    [false, false, false, false],
    differs("equal times hold, and a header with the second of the upload is a time before it"),
  );

  both(
    "of an object that does not exist",
    `const stored = async (onlyIf) => {
      const put = await bucket.put("key", "value", { onlyIf });
      await bucket.delete("key");
      return put !== null;
    };
    return [await stored({ etagDoesNotMatch: "a" }), await stored({ etagMatches: "a" }), await stored({ uploadedBefore: ${PAST} }),
      await stored({ uploadedAfter: ${PAST} }), await bucket.get("key", { onlyIf: { etagMatches: "a" } })];`,
    [true, false, true, false, null],
  );

  both(
    "that does not hold leaves the object as it was, and its value unread",
    `await bucket.put("key", "value");
    const pulled = [];
    const value = new ReadableStream({ pull: () => void pulled.push(1) }, { highWaterMark: 0 });
    const put = await bucket.put("key", value, { onlyIf: { etagMatches: "other" } });
    const invalid = await bucket.put("key", 1, { onlyIf: { etagMatches: "other" } });
    return [put, invalid, pulled, await (await bucket.get("key")).text()];`,
    [null, null, [], "value"],
  );

  both(
    "is checked again when the value has arrived",
    `const { readable, writable } = new TransformStream();
    const onlyIf = { etagDoesNotMatch: "*" };
    const slow = bucket.put("key", readable, { onlyIf });
    const fast = await bucket.put("key", "fast", { onlyIf });
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("slow"));
    await writer.close();
    return [fast !== null, await slow, await (await bucket.get("key")).text()];`,
    [true, null, "fast"],
    differs("it checks once, so the later of two writers overwrites the other"),
  );

  both(
    "stays as the caller has made it",
    `const onlyIf = { etagMatches: '"a", "b"' };
    await bucket.get("key", { onlyIf });
    return onlyIf;`,
    { etagMatches: '"a", "b"' },
    differs("it rewrites the object"),
  );
});

/** Tests what a `get` of "0123456789" with these ranges, by source, delivers: a text, or the text of an error. */
function delivers(name, ranges, options = {}) {
  const acts = Object.keys(ranges).map((range) => `await read(${range})`);
  both(
    name,
    `${HEADERS} await bucket.put("key", "0123456789");
    const read = async (range) => {
      try {
        const object = await bucket.get("key", { range });
        const text = await object.text();
        if (object.range.length !== text.length || object.range.offset !== "0123456789".indexOf(text)) {
          throw new Error("another range than that of the text: " + JSON.stringify(object.range));
        }
        return text;
      } catch ({ message }) {
        return message;
      }
    };
    return [${acts.join(", ")}];`,
    Object.values(ranges),
    options,
  );
}

const UNSATISFIABLE = "R2 GET failed: (400) The requested range is not satisfiable.";

describe("a range of R2", () => {
  delivers("delivers the bytes from an offset, some bytes, or the last ones", {
    undefined: "0123456789",
    "{}": "0123456789",
    "{ offset: 3 }": "3456789",
    "{ length: 3 }": "012",
    "{ offset: 3, length: 2 }": "34",
    "{ offset: 8, length: 20 }": "89",
    "{ suffix: 2 }": "89",
    "{ suffix: 20 }": "0123456789",
    "{ suffix: 1, offset: 3, length: 2 }": "9",
  });

  delivers("that has nothing is refused", {
    "{ offset: 10 }": UNSATISFIABLE,
    "{ offset: 11 }": UNSATISFIABLE,
    "{ length: 0 }": UNSATISFIABLE,
    "{ length: -1 }": UNSATISFIABLE,
    "{ suffix: 0 }": UNSATISFIABLE,
    "{ suffix: -1 }": UNSATISFIABLE,
  });

  delivers("may be a header, which is ignored where it cannot be met", {
    'new Headers({ range: "bytes=2-4" })': "234",
    'new Headers({ range: "bytes=7-" })': "789",
    'new Headers({ range: "bytes=-2" })': "89",
    'new Headers({ range: "bytes=-20" })': "0123456789",
    'new Headers({ range: "bytes=0-1,3-4" })': "0123456789",
    'new Headers({ range: "bytes=20-" })': "0123456789",
    'new Headers({ range: "lines=1-2" })': "0123456789",
    "new Headers({})": "0123456789",
  });

  both(
    "of an empty object is ignored",
    `await bucket.put("key", "");
    const object = await bucket.get("key", { range: { offset: 5 } });
    return [await object.text(), object.range === undefined, "range" in object];`,
    ["", true, true],
  );
});
