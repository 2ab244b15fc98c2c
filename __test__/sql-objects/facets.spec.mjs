// Facets: objects within an object, with storages of their own. What they do is what they do on Miniflare 4, and what they have
// stored is safe as everything is.

import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection } from "../support/dispatch.mjs";
import { FACETS, workerOf } from "../support/facets.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const SAME = {
  "are constructed by their first use": `
    let calls = 0;
    const facet = () => this.ctx.facets.get("a", () => { calls++; return { class: this.ctx.exports.Counter }; });
    const first = facet();
    await log("calls", () => calls);
    await log("add", () => first.add("x"));
    await log("add by another stub", () => facet().add("y"));
    await log("calls", () => calls);
    await log("fetch", async () => (await first.fetch("http://facet/path")).text());
    await log("memory", async () => [await first.memory(), await facet().memory()]);`,
  "have storages of their own": `
    await log("a", () => get("a").add("1"));
    await log("b", () => get("b").add("2"));
    await log("a", () => get("a").add("3"));
    await log("within a", () => get("a").deep(1, "4"));
    await log("a", () => get("a").add("5"));
    await log("root", () => this.ctx.storage.sql.exec("SELECT count(*) AS n FROM sqlite_schema WHERE name = 't'").one().n);`,
  "have the id of their object, or another one": `
    const { ROOT } = this.env;
    await log("own", async () => (await get("a").id()).slice(1));
    await log("same", async () => (await get("a").id())[0] === String(this.ctx.id));
    await log("text", () => get("b", { class: this.ctx.exports.Counter, id: "text" }).id());
    await log("id", async () => (await get("c", { class: this.ctx.exports.Counter, id: ROOT.idFromName("other") }).id()).slice(1));
    await log("props", async () => (await get("d", { class: this.ctx.exports.Counter({ props: { a: 1 } }) }).id())[3]);
    await log("within", async () => (await get("b").id())[0]);`,
  "are of classes that ctx.exports has": `
    await log("bound", () => get("a", { class: this.ctx.exports.Root }).run("nothing"));
    await log("plain", async () => (await get("b", { class: this.ctx.exports.Plain }).fetch("http://facet/")).text());
    await log("later", () => this.ctx.facets.get("c", async () => {
      await scheduler.wait(1);
      return { class: this.ctx.exports.Counter };
    }).add("x"));`,
  "have names and depths within limits": `
    await log("long", () => get("x".repeat(257)).id());
    await log("long in bytes", () => get("é".repeat(129)).id());
    await log("longest", () => get("x".repeat(256)).add("x"));
    await log("no callback", () => this.ctx.facets.get("x").id());
    await log("deep", () => get("y").deep(2));
    await log("too deep", () => get("y").deep(3));`,
  "fail with what their callback throws": `
    let calls = 0;
    const facet = this.ctx.facets.get("a", () => { calls++; throw new RangeError("callback"); });
    await log("first", () => facet.memory());
    await log("second", () => facet.memory());
    await log("calls", () => calls);`,
  "fail with their own errors, and go on": `
    await log("fail", () => get("a").fail());
    await log("memory", () => get("a").memory());
    await log("missing", () => get("a").missing());`,
  "end when they are aborted, and keep what they have stored": `
    const facet = get("a");
    await log("add", () => facet.add("x"));
    await log("abort", () => this.ctx.facets.abort("a", new Error("reason")));
    await log("old stub", () => facet.memory());
    await log("new stub", () => get("a").memory());
    await log("kept", () => get("a").add("y"));
    await log("old stub", () => facet.memory());
    await log("unknown", () => this.ctx.facets.abort("unknown", new Error("reason")));
    const other = get("a");
    await other.memory();
    await log("text", () => this.ctx.facets.abort("a", "text"));
    await log("old stub", () => other.memory());`,
  "lose what they have stored when they are deleted": `
    const facet = get("a");
    await log("add", () => facet.add("x"));
    await log("delete", () => this.ctx.facets.delete("a"));
    await log("old stub", () => facet.add("y"));
    await log("new stub", () => get("a").add("z"));`,
  nothing: "",
};

describe("facets, as on Miniflare 4,", () => {
  const script = workerOf(SAME);
  const options = { modules: true, script, durableObjects: FACETS, compatibilityDate: "2026-01-01" };
  let mf;
  let m4;
  before(() => {
    mf = new Miniflare({ ...options, compatibilityFlags: ["enable_ctx_exports"] });
    m4 = new Miniflare4({ ...options, compatibilityFlags: ["experimental"] });
  });
  after(() => Promise.all([mf?.dispose(), m4?.dispose()]));

  for (const name of Object.keys(SAME)) {
    test(name, async () => {
      const url = `http://localhost/${encodeURIComponent(name)}/${encodeURIComponent(name)}`;
      const [found, expected] = await Promise.all([mf.dispatchFetch(url), m4.dispatchFetch(url)]);
      assert.deepEqual(await found.json(), await expected.json());
    });
  }
});

const OWN = {
  "add a": `await log("a", () => get("a").add("1")); await log("b", () => get("b").add("2")); await log("within", () => get("a").deep(2, "3"));`,
  all: `await log("a", () => get("a").add("+")); await log("b", () => get("b").add("+")); await log("within", () => get("a").deep(2, "+"));`,
  "delete a": `this.ctx.facets.delete("a");`,
  clone: `
    await get("c").add("gone");
    const stub = get("c");
    this.ctx.facets.clone("a", "c");
    await log("old stub", () => stub.memory());
    await log("c", () => get("c").add("c"));
    await log("within c", () => get("c").deep(2, "c"));
    await log("a", () => get("a").add("a"));`,
  "abort a call": `
    const call = get("a").hang();
    await get("a").memory();
    this.ctx.facets.abort("a", new Error("reason"));
    await log("call", () => call);
    await log("a", () => get("a").add("2"));`,
  "abort itself": `
    const stub = get("a");
    await log("call", () => stub.addAndFail("undone"));
    await log("old stub", () => stub.memory());
    await log("new stub", () => get("a").add("1"));`,
  alarms: `
    await log("set", () => get("a").setAlarm());
    await log("get", () => get("a").getAlarm());`,
  classes: `
    for (const given of [this.env.ROOT, Plain, undefined]) await log("class", () => get("x" + String(given), { class: given }).memory());
    await log("options", () => get("y", null).memory());
    await log("empty", () => get("").memory());`,
  keep: `this.kept ??= get("a"); await log("kept", () => this.kept.memory());`,
  "abort the object": `await get("a").add("1"); this.ctx.abort(new Error("object"));`,
};

const PLACES = { memory: () => ({}), "a folder": (t) => ({ durableObjectsPersist: folder(t) }) };
const optionsOf = (more) => ({
  modules: true,
  script: workerOf(OWN),
  durableObjects: FACETS,
  compatibilityDate: "2026-01-01",
  compatibilityFlags: ["enable_ctx_exports"],
  ...more,
});
const run = (mf, name) => json(mf, `http://localhost/root/${encodeURIComponent(name)}`);
const valuesOf = (lines) => lines.map(([, value]) => value);
const evict = async (mf) => mf.evictDurableObject((await mf.getDurableObjectNamespace("ROOT")).idFromName("root"));

for (const [place, more] of Object.entries(PLACES)) {
  describe(`facets in ${place}`, () => {
    test("outlive evictions, and are no objects of their own", async (t) => {
      const mf = create(t, optionsOf(more(t)));
      assert.deepEqual(valuesOf(await run(mf, "add a")), ["1", "2", "3"]);
      await evict(mf);
      assert.deepEqual(valuesOf(await run(mf, "all")), ["1,+", "2,+", "3,+"]);
      assert.equal((await mf.getDurableObjectIds("ROOT")).length, 1);
      await mf.evictDurableObjects?.();
      assert.deepEqual(valuesOf(await run(mf, "all")), ["1,+,+", "2,+,+", "3,+,+"]);
    });

    test("are deleted and cloned with those within them", async (t) => {
      const mf = create(t, optionsOf(more(t)));
      await run(mf, "add a");
      assert.deepEqual(valuesOf(await run(mf, "clone")), ["Error: Facet was deleted.", "1,c", "3,c", "1,a"]);
      await run(mf, "delete a");
      assert.deepEqual(valuesOf(await run(mf, "all")), ["+", "2,+", "+"]);
      await evict(mf);
      await run(mf, "delete a");
      assert.deepEqual(valuesOf(await run(mf, "all")), ["+", "2,+,+", "+"]);
    });

    test("are brought back by snapshots", async (t) => {
      const mf = create(t, optionsOf(more(t)));
      await run(mf, "add a");
      const restore = await mf.snapshotStorage();
      await run(mf, "all");
      await run(mf, "delete a");
      await restore();
      assert.deepEqual(valuesOf(await run(mf, "all")), ["1,+", "2,+", "3,+"]);
    });

    test("undo what is not committed when they are aborted, or abort themselves", async (t) => {
      const mf = create(t, optionsOf(more(t)));
      assert.deepEqual(valuesOf(await run(mf, "abort itself")), ["Error: aborted", "Error: aborted", "1"]);
      assert.deepEqual(valuesOf(await run(mf, "abort a call"))[0], "Error: reason");
    });
  });
}

describe("a facet", () => {
  test("is there after a restart", async (t) => {
    const options = optionsOf({ durableObjectsPersist: folder(t) });
    const first = create(t, options);
    await run(first, "add a");
    await first.dispose();
    assert.deepEqual(valuesOf(await run(create(t, options), "all")), ["1,+", "2,+", "3,+"]);
  });

  test("ends with its object", async (t) => {
    const mf = create(t, optionsOf());
    assert.deepEqual(valuesOf(await run(mf, "keep")), [1]);
    assert.deepEqual(valuesOf(await run(mf, "keep")), [2]);
    assert.match((await rejection(run(mf, "abort the object"))).message, /object/);
    assert.deepEqual(valuesOf(await run(mf, "keep")), [1]);
  });

  test("has no alarm of its own, and a class that ctx.exports has", async (t) => {
    const mf = create(t, optionsOf());
    const [set, get] = valuesOf(await run(mf, "alarms"));
    assert.match(set, /^Error: Facets have no alarms/);
    assert.equal(get, null);
    const refused = valuesOf(await run(mf, "classes"));
    for (const text of refused.slice(0, 3)) assert.match(text, /^TypeError: Incorrect type for the 'class' field/);
    assert.match(refused[3], /^TypeError: The callback of facets.get\(\) must return an object/);
    assert.match(refused[4], /^TypeError: Facet name cannot be empty/);
  });

  test("is of an object with a database, which is not on a Redis server", async (t) => {
    const plain = create(t, optionsOf({ durableObjects: { ROOT: "Root" } }));
    assert.match((await run(plain, "keep").catch((error) => error)).message, /does not support creating facets/);
    const { url } = await redis(t);
    const [[, text]] = await run(create(t, optionsOf({ durableObjectsPersist: url })), "keep");
    assert.match(text, /Facets cannot be stored on a Redis server/);
  });
});
