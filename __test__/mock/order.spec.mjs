// Tags: every-node
// Interceptors made of data, which are matched before JavaScript is asked, among such as only JavaScript can ask: together
// they take requests in the order they were added, and are asked no more than if all were asked in turn.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { deferred, text } from "../support/dispatch.mjs";
import { brief, mocked, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { test } from "../support/test.mjs";

/** A function that answers `matches`, now or later, and remembers what it was asked. */
function matcher(matches) {
  const asked = [];
  const match = (value) => {
    asked.push(value);
    return matches;
  };
  return Object.assign(match, { asked });
}

describe("interceptors of every kind", () => {
  test("answer in the order they were added", async (t) => {
    const { pool, fetches } = mocked(t);
    const paths = [matcher(true), "/a", /a/, matcher(Promise.resolve(true)), "/a", /(?!b)a/, /^\/[ab]$/, () => true];
    for (const [index, path] of paths.entries()) pool.intercept({ path }).reply(200, `${index}`);
    const answers = brief(await fetches(...Array(paths.length + 1).fill("/a")));
    assert.deepEqual(answers, ["0", "1", "2", "3", "4", "5", "6", "7", refusal("path", "/a")]);
    assert.deepEqual([paths[0].asked, paths[3].asked], [["/a"], ["/a"]]);
  });

  test("ask a function what comes to it, and nothing else", async (t) => {
    const { pool, fetches } = mocked(t);
    const [path, body, header, behind] = [matcher(true), matcher(true), matcher(false), matcher(true)];
    pool.intercept({ path, method: "PUT" }).reply(200, "by path").persist();
    pool.intercept({ path: "/a", method: "PUT", body }).reply(200, "by body").persist();
    pool
      .intercept({ path: "/a", method: "POST", headers: { a: /1/, b: header, c: "1" } })
      .reply(200, "by header")
      .persist();
    pool.intercept({ path: /^\/a$/, method: "POST" }).reply(200, "by data").persist();
    pool.intercept({ path: behind, method: /./ }).reply(200, "behind").persist();
    const post = (headers) => ["/a", { method: "POST", headers }];
    const answers = await fetches(post({ a: "1", b: "2" }), post({ b: "3" }), post({ a: "21", b: "4", c: "1" }));
    assert.deepEqual(brief(answers), ["by data", "by data", "by data"]);
    assert.deepEqual(path.asked, ["/a", "/a", "/a"]);
    assert.deepEqual([body.asked, header.asked, behind.asked], [[], ["2", "4"], []]);
  });

  test("are reported by the interceptor that matched most", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: matcher(Promise.resolve(true)), method: "PUT" }).reply(200);
    pool.intercept({ path: "/a", method: "POST", body: "x" }).reply(200);
    const ofA = ["/a", { method: "POST", body: "y" }];
    assert.deepEqual(brief(await fetches(ofA)), [refusal("body", "y")]);
    pool.intercept({ path: () => true, method: "POST", headers: () => false }).reply(200);
    const [{ cause }] = await fetches(ofA);
    assert.ok(cause.message.startsWith("Mock dispatch not matched for headers"), cause.message);
  });

  test("may be functions by the hundred, each of which is asked once", async (t) => {
    const { pool, fetches } = mocked(t);
    const functions = Array.from({ length: 100 }, (_, index) => matcher(index % 2 ? false : Promise.resolve(false)));
    for (const path of functions) pool.intercept({ path }).reply(200, "function");
    pool.intercept({ path: "/a" }).reply(200, "data");
    assert.deepEqual(brief(await fetches("/a", "/a")), ["data", refusal("path", "/a")]);
    assert.deepEqual(new Set(functions.map(({ asked }) => asked.length)), new Set([2]));
  });
});

describe("while a matcher is waited for", () => {
  /** A worker's fetch that waits for a matcher. */
  function waiting(t) {
    const { pool, mf } = mocked(t);
    const [began, matches] = [deferred(), deferred()];
    const path = (value) => {
      if (value !== "/a") return false;
      began.resolve();
      return matches.promise;
    };
    pool.intercept({ path }).reply(200, "waited for");
    const ask = async (path) => {
      const body = JSON.stringify([[ORIGIN + path, {}]]);
      return brief(JSON.parse(await text(mf, "http://localhost/", { method: "POST", body })))[0];
    };
    return { pool, began: began.promise, matches, ask };
  }

  test("an interceptor that is added takes the request, if none else does", async (t) => {
    const { pool, began, matches, ask } = waiting(t);
    const answer = ask("/a");
    await began;
    pool.intercept({ path: "/b" }).reply(200, "another");
    pool.intercept({ path: /^\/a/ }).reply(200, "added");
    matches.resolve(false);
    assert.equal(await answer, "added");
  });

  test("the next may be used up: then the one behind it takes the request", async (t) => {
    const { pool, began, matches, ask } = waiting(t);
    pool.intercept({ path: /[ab]/ }).reply(200, "next");
    pool.intercept({ path: "/a" }).reply(200, "behind");
    const answer = ask("/a");
    await began;
    assert.equal(await ask("/b"), "next");
    matches.resolve(false);
    assert.equal(await answer, "behind");
  });
});

describe("a RegExp", () => {
  test("is asked itself when there is more to it than its source and flags", async (t) => {
    const { pool, fetches } = mocked(t);
    class Never extends RegExp {
      exec() {
        return null;
      }
    }
    const own = Object.assign(/never/, { test: () => true });
    pool.intercept({ path: new Never(".") }).reply(200, "subclass");
    pool.intercept({ path: own }).reply(200, "own test");
    assert.deepEqual(brief(await fetches("/a", "/a")), ["own test", refusal("path", "/a")]);
  });

  test("of the flags g and y remembers", async (t) => {
    const { pool, fetches } = mocked(t);
    for (const flag of ["g", "y"])
      pool
        .intercept({ path: new RegExp(`/${flag}`, flag) })
        .reply(200, flag)
        .persist();
    const answers = brief(await fetches("/g", "/g", "/g", "/y", "/y", "/y"));
    assert.deepEqual(answers, ["g", refusal("path", "/g"), "g", "y", refusal("path", "/y"), "y"]);
  });
});

test("what a test changes of matchers after intercept() changes nothing", async (t) => {
  const { pool, fetches } = mocked(t);
  const [headers, json, bytes] = [{ a: "1" }, { a: [1] }, Buffer.from("a")];
  const method = "POST";
  pool.intercept({ path: "/headers", headers }).reply(200, "headers");
  pool.intercept({ path: "/json", method, body: json }).reply(200, "json");
  pool.intercept({ path: "/bytes", method, body: bytes }).reply(200, "bytes");
  headers.a = "2";
  json.a.push(2);
  bytes[0] = 0;
  const answers = await fetches(
    ["/headers", { headers: { a: "1" } }],
    ["/json", { method, body: '{"a":[1]}' }],
    ["/bytes", { method, body: "a" }],
  );
  assert.deepEqual(brief(answers), ["headers", "json", "bytes"]);
});
