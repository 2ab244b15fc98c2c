// The limits of subrequests, set by options and by the environment.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

/** Answers how many of 60 calls of `fetch` and of 1100 requests to an object were let through. */
const SCRIPT = `
export class Box { fetch() { return new Response(); } }
const count = async (times, call) => {
  let through = 0;
  for (let index = 0; index < times; index++) {
    try { await call(); through++; } catch ({ message }) { if (!/^Too many/.test(message)) through++; }
  }
  return through;
};
export default { async fetch(request, env) {
  const stub = env.BOX.get(env.BOX.idFromName("a"));
  const counts = [await count(60, () => fetch("http://127.0.0.1:1/")), await count(1100, () => stub.fetch("/"))];
  return new Response(JSON.stringify(counts));
} }`;

const counts = (t, options = {}) => json(create(t, { script: SCRIPT, durableObjects: { BOX: "Box" }, ...options }));

const EXTERNAL = "MINIFLARE_SUBREQUEST_LIMIT";
const INTERNAL = "MINIFLARE_INTERNAL_SUBREQUEST_LIMIT";

function setEnvironment(t, variables) {
  Object.assign(process.env, variables);
  t.after(() => {
    for (const name of Object.keys(variables)) delete process.env[name];
  });
}

describe("the options subrequestLimit and internalSubrequestLimit", () => {
  const CASES = [
    [{ subrequestLimit: 3 }, [3, 1000]],
    [{ subrequestLimit: 0 }, [0, 1000]],
    [{ subrequestLimit: -1 }, [60, 1000]],
    [{ subrequestLimit: Infinity }, [60, 1000]],
    [{ subrequestLimit: 3, usageModel: "unbound" }, [3, 1000]],
    [{ internalSubrequestLimit: 3 }, [50, 3]],
    [{ internalSubrequestLimit: 0 }, [50, 0]],
    [{ internalSubrequestLimit: -1 }, [50, 1100]],
  ];
  for (const [options, expected] of CASES) {
    test(`${JSON.stringify(options)} let through ${expected}`, async (t) => {
      assert.deepEqual(await counts(t, options), expected);
    });
  }

  test("can be changed", async (t) => {
    const mf = create(t, { script: SCRIPT, durableObjects: { BOX: "Box" }, subrequestLimit: 1 });
    assert.deepEqual(await json(mf), [1, 1000]);
    await mf.setOptions({ subrequestLimit: 2, internalSubrequestLimit: 4 });
    assert.deepEqual(await json(mf), [2, 4]);
  });

  test("say what they are when they are exceeded", async (t) => {
    const mf = create(t, {
      script: "export default { fetch: () => fetch('http://127.0.0.1:1/') }",
      subrequestLimit: 0,
    });
    assert.match(
      (await rejection(mf.dispatchFetch(URL_ROOT))).message,
      /^Too many subrequests\. .* up to 0 subrequests/,
    );
  });
});

describe("the environment variables", () => {
  const CASES = [
    [{ [EXTERNAL]: "52" }, [52, 1000]],
    [{ [EXTERNAL]: "-1" }, [60, 1000]],
    [{ [EXTERNAL]: "0" }, [0, 1000]],
    [{ [EXTERNAL]: "" }, [50, 1000]],
    [{ [INTERNAL]: "5" }, [50, 5]],
    [{ [INTERNAL]: "-1" }, [50, 1100]],
    [{ [INTERNAL]: "0" }, [50, 0]],
  ];
  for (const [variables, expected] of CASES) {
    test(`${JSON.stringify(variables)} let through ${expected}`, async (t) => {
      setEnvironment(t, variables);
      assert.deepEqual(await counts(t), expected);
    });
  }

  test("come before the usage model, and options before them", async (t) => {
    setEnvironment(t, { [EXTERNAL]: "7" });
    assert.deepEqual(await counts(t, { usageModel: "unbound" }), [7, 1000]);
    assert.deepEqual(await counts(t, { subrequestLimit: 2 }), [2, 1000]);
  });

  for (const nonsense of ["many", "10abc", "1.5", "1e3"]) {
    test(`warn of ${nonsense}, and limit nothing else`, async (t) => {
      setEnvironment(t, { [EXTERNAL]: nonsense });
      const log = new RecordingLog();
      assert.deepEqual(await counts(t, { log }), [50, 1000]);
      const text = `Ignoring the environment variable ${EXTERNAL}="${nonsense}": expected a whole number, e.g. 100 (0 allows no subrequests, a negative number any).`;
      assert.deepEqual(log.having("[mf:wrn] "), [text]);
    });
  }
});
