// R2: conditions and ranges that are generated, from a fixed seed, and lists of generated keys. Times lie far from that of an
// upload, and tags are plain: what R2 says of others is in `__test__/r2/conditions.spec.mjs`.

import { randomOf } from "../../support/random.mjs";

const random = randomOf(2_022);
const pick = (items) => items[Math.floor(random() * items.length)];
const times = (count, make) => Array.from({ length: count }, make);

/** An object's source, of the properties that were chosen. */
const object = (choices) => {
  const chosen = Object.entries(choices).filter(() => random() < 0.4);
  return `{ ${chosen.map(([name, values]) => `${name}: ${pick(values)}`).join(", ")} }`;
};

const TAGS = ["etag", '"other"', "['other', etag]", "[]", '""', `'"' + etag + '"'`, "'a, ' + etag"];
const TIMES = ["new Date(0)", "new Date(1e13)"];
const condition = () =>
  object({ etagMatches: TAGS, etagDoesNotMatch: TAGS, uploadedBefore: TIMES, uploadedAfter: TIMES });

const HEADER_TAGS = [`'"' + etag + '"'`, `'"other"'`, `'"a", "' + etag + '"'`];
const HEADER_TIMES = ['"Thu, 01 Jan 1970 00:00:00 GMT"', '"Fri, 01 Jan 2286 00:00:00 GMT"', '"no time"'];
const headers = () =>
  object({
    '"if-match"': HEADER_TAGS,
    '"if-none-match"': HEADER_TAGS,
    '"if-unmodified-since"': HEADER_TIMES,
    '"if-modified-since"': HEADER_TIMES.slice(0, 2),
  });

const conditional = (onlyIf) => `const bucket = env.BUCKET;
  const { etag } = await bucket.put("key", "value");
  const shown = async (onlyIf) => {
    const got = await bucket.get("key", { onlyIf });
    return ["body" in got, (await bucket.put("key", "value", { onlyIf })) !== null, (await bucket.put("new", "value", { onlyIf })) !== null];
  };
  await bucket.delete("new");
  return [await shown(${onlyIf})];`;

const NUMBERS = [-1, 0, 1, 3, 9, 10, 11, 100];
const range = () => object({ offset: NUMBERS, length: NUMBERS, suffix: NUMBERS });
const rangeHeader = () =>
  `"${pick(["bytes", "Bytes", "lines"])}=${times(1 + Math.floor(random() * 1.3), part).join()}"`;
const part = () => `${pick(["", 0, 2, 9, 10])}-${pick(["", 0, 2, 9, 20])}`;

const ranged = (given) => `await env.BUCKET.put("key", "0123456789");
  const object = await caught(() => env.BUCKET.get("key", { range: ${given} }));
  return object instanceof Error ? object : [object.range, await object.text()];`;

const key = () => times(1 + Math.floor(random() * 5), () => pick(["a", "b", "/", "é"])).join("");

function listed() {
  const keys = [...new Set(times(12, key))];
  const options = object({ prefix: ['"a"', '"b/"', '"é"'], delimiter: ['"/"', '"a"', '"é"', '"b/"'] });
  return `const bucket = env.BUCKET;
  for (const { key } of (await bucket.list()).objects) await bucket.delete(key);
  for (const key of ${JSON.stringify(keys)}) await bucket.put(key, key);
  const pages = [];
  for (let cursor; pages.length < 20; ) {
    const page = await bucket.list({ ...${options}, limit: ${1 + Math.floor(random() * 4)}, cursor });
    pages.push([page.objects.map(({ key }) => key), page.delimitedPrefixes, page.truncated, page.cursor]);
    cursor = page.cursor;
    if (!page.truncated) break;
  }
  return pages;`;
}

const snippets = [
  ...times(60, () => conditional(condition())),
  ...times(30, () => conditional(`new Headers(${headers()})`)),
  ...times(60, () => ranged(range())),
  ...times(30, () => ranged(`new Headers({ range: ${rangeHeader()} })`)),
  ...times(40, listed),
];

export default { name: "R2", options: { r2Buckets: ["BUCKET"] }, snippets: [...new Set(snippets)] };
