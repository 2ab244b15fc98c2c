// Tags: every-node
// Very many interceptors: what a request costs does not grow with them.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { ask, brief, mocked, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { createFetchMock } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const MANY = 10_000;
const FEW = 10;

const path = (index) => `/items/${index}?a=1&b=2`;

function mockWith(count, optionsOf = (index) => ({ path: path(index) })) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const pool = fetchMock.get(ORIGIN);
  for (let index = 0; index < count; index++) pool.intercept(optionsOf(index)).reply(200, `${index}`).persist();
  return fetchMock;
}

const withPattern = (index) => ({ path: new RegExp(`^/items/${index}/\\d+$`) });

/** The shortest of some times that `act` takes, each of many calls. */
function shortest(act) {
  const times = Array.from({ length: 15 }, () => {
    const began = performance.now();
    for (let call = 0; call < 100; call++) act();
    return performance.now() - began;
  });
  return Math.min(...times);
}

describe(`${MANY} interceptors of an origin`, () => {
  test("are no slower to find one among than a few, when their paths are strings", () => {
    const [few, many] = [mockWith(FEW), mockWith(MANY)];
    assert.equal(ask(many, "/items/9999?b=2&a=1"), "9999");
    const ratio = shortest(() => ask(many, path(MANY - 1))) / shortest(() => ask(few, path(FEW - 1)));
    // Asking them one after the other, it would be a hundred and more.
    assert.ok(ratio < 10, `${ratio} times slower`);
  });

  test("are little slower to find one among than a few, when their paths are patterns", () => {
    const [few, many] = [mockWith(FEW, withPattern), mockWith(MANY, withPattern)];
    assert.equal(ask(many, "/items/9999/12"), "9999");
    assert.match(ask(many, "/items/10000/12"), /not matched/);
    const ratio = shortest(() => ask(many, `/items/${MANY - 1}/1`)) / shortest(() => ask(few, `/items/${FEW - 1}/1`));
    assert.ok(ratio < 10, `${ratio} times slower`);
  });

  test("let another come and go at the cost of one, when their paths are patterns", () => {
    const comeAndGo = (fetchMock) => {
      const pool = fetchMock.get(ORIGIN);
      return () => {
        pool.intercept({ path: /^\/once$/ }).reply(200, "once");
        assert.equal(ask(fetchMock, "/once"), "once");
      };
    };
    const [few, many] = [mockWith(FEW, withPattern), mockWith(MANY, withPattern)];
    ask(many, "/once");
    // Compiling all of them again, it would be hundreds.
    const ratio = shortest(comeAndGo(many)) / shortest(comeAndGo(few));
    assert.ok(ratio < 10, `${ratio} times slower`);
  });

  test("of which the first takes a request hold up nothing, though only JavaScript can ask them", () => {
    const asked = () => ({ path: (path) => path === "/asked" });
    const [few, many] = [mockWith(FEW, asked), mockWith(MANY, asked)];
    const ratio = shortest(() => ask(many, "/asked")) / shortest(() => ask(few, "/asked"));
    assert.ok(ratio < 10, `${ratio} times slower`);
  });

  test("are used up in any order, and forgotten", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    for (let index = 0; index < MANY; index++) pool.intercept({ path: path(index) }).reply(200, `${index}`);
    assert.deepEqual(brief(await fetches(path(MANY - 1), path(0), path(0))), [
      `${MANY - 1}`,
      "0",
      refusal("path", path(0)),
    ]);
    assert.equal(fetchMock.pendingInterceptors().length, MANY - 2);
  });

  test("do not hold up the error of a request that none of them takes", () => {
    const [few, many] = [mockWith(1000), mockWith(3 * MANY)];
    const ratio = shortest(() => ask(many, "/none")) / shortest(() => ask(few, "/none"));
    assert.ok(ratio < 10, `${ratio} times slower`);
  });
});
