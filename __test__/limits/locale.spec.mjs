// A worker's time zone and language: UTC and American English, as in Workers, whatever the process has. Node keeps its own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { runScript } from "../support/child.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** What depends on time zone or language, as text. */
const PROBES = `[
  new Date(2024, 0, 1).getTimezoneOffset(),
  new Date(2024, 6, 1).getTime(),
  Date.parse("2024-07-01T12:00"),
  Date.parse("Jul 1 2024"),
  new Date(0).toString(),
  new Date(1719835200000).toLocaleString(),
  new Date(1719835200000).toLocaleDateString(undefined, { dateStyle: "full" }),
  new Date(1719835200000).toTimeString(),
  new Date(1719835200000).getHours(),
  Intl.DateTimeFormat().resolvedOptions().timeZone,
  Intl.DateTimeFormat().resolvedOptions().locale,
  new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" }).format(1719835200000),
  new Intl.NumberFormat().resolvedOptions().locale,
  (1234.5).toLocaleString(),
  (12n ** 9n).toLocaleString(),
  new Intl.Collator().resolvedOptions().locale,
  ["z", "ä", "a"].sort((a, b) => a.localeCompare(b)).join(),
  ["z", "ä", "a"].sort(new Intl.Collator().compare).join(),
  "i".toLocaleUpperCase(),
  new Intl.PluralRules().resolvedOptions().locale,
  new Intl.RelativeTimeFormat().format(-1, "day"),
  new Intl.ListFormat().format(["a", "b"]),
  new Intl.DisplayNames(undefined, { type: "region" }).of("DE"),
].map(String)`;

const RIGHT = [
  "0",
  "1719792000000",
  "1719835200000",
  "1719792000000",
  "Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)",
  "7/1/2024, 12:00:00 PM",
  "Monday, July 1, 2024",
  "12:00:00 GMT+0000 (Coordinated Universal Time)",
  "12",
  "UTC",
  "en-US",
  "July 1, 2024 at 12:00:00 PM UTC",
  "en-US",
  "1,234.5",
  "5,159,780,352",
  "en-US",
  "a,ä,z",
  "a,ä,z",
  "I",
  "en-US",
  "1 day ago",
  "a and b",
  "Germany",
];

/** More instances than are ever made ahead, so that some are and some are not. */
const MANY = 4;

/** What every worker says in a process with this environment, and the offset of Node's own clock before and after a change. */
async function ask(env) {
  const source = `
    const before = new Date(2024, 0, 1).getTimezoneOffset();
    const script = "export default { fetch: () => Response.json(" + ${JSON.stringify(PROBES)} + ") }";
    const said = [];
    const kept = [];
    for (let i = 0; i < ${MANY}; i++) {
      const mf = new Miniflare({ modules: true, script });
      kept.push(mf);
      said.push(await (await mf.dispatchFetch("http://localhost/")).json());
      if (i === 1) process.env.TZ = "Asia/Tokyo";
    }
    for (const mf of kept) said.push(await (await mf.dispatchFetch("http://localhost/")).json());
    const after = new Date(2024, 0, 1).getTimezoneOffset();
    console.log(JSON.stringify({ before, after, said, zone: process.env.TZ, language: process.env.LC_ALL }));
    await Promise.all(kept.map((mf) => mf.dispose()));`;
  const result = await runScript(source, { env: { ...process.env, ...env } });
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout);
}

describe("a worker's clock and language are UTC and American English in a process with", () => {
  const environments = [
    [{ TZ: "America/New_York", LC_ALL: "de_DE.UTF-8", LANG: "de_DE.UTF-8" }, 300],
    [{ TZ: "Asia/Kolkata", LC_ALL: "tr_TR.UTF-8" }, -330],
    [{ TZ: ":Europe/Stockholm", LC_ALL: "sv_SE.UTF-8" }, undefined],
    [{ TZ: "EST5EDT", LC_ALL: "C" }, undefined],
    [{ TZ: "UTC", LC_ALL: "POSIX" }, 0],
  ];
  for (const [env, offset] of environments) {
    test(`TZ=${env.TZ} and LC_ALL=${env.LC_ALL}`, async () => {
      const { before, after, said, zone, language } = await ask(env);
      for (const one of said) assert.deepEqual(one, RIGHT);
      assert.equal(said.length, 2 * MANY);
      if (offset !== undefined) assert.equal(before, offset, "Node has the zone of the process");
      assert.equal(after, -540, "Node has the zone that it was given since");
      assert.deepEqual([zone, language], ["Asia/Tokyo", env.LC_ALL]);
    });
  }
});
