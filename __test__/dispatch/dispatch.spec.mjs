// Tags: oracle, every-node
// What may be handed to dispatchFetch, what the worker sees of it, and what is refused at once.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { create, differs, Request } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const REFLECT = `export default {
  async fetch(request) {
    const { method, url, cf } = request;
    return Response.json({ method, url, cf, headers: Object.fromEntries(request.headers), body: await request.text() });
  }
}`;

const reflect = (t, input, init) => json(create(t, { script: REFLECT }), input, init);

describe("dispatchFetch input", () => {
  test("takes a string", async (t) => {
    const seen = await reflect(t, "http://localhost/path?query=1");
    assert.equal(seen.method, "GET");
    assert.equal(seen.url, "http://localhost/path?query=1");
    assert.deepEqual(seen.headers, {});
  });

  test("takes a URL", async (t) => {
    assert.equal((await reflect(t, new URL("https://example.com:8443/a/b"))).url, "https://example.com:8443/a/b");
  });

  test("takes the package's own Request", async (t) => {
    const request = new Request("http://localhost/own", { method: "PUT", body: "mine", headers: { "x-key": "1" } });
    const seen = await reflect(t, request);
    assert.equal(seen.method, "PUT");
    assert.equal(seen.url, "http://localhost/own");
    assert.equal(seen.headers["x-key"], "1");
    assert.equal(seen.body, "mine");
  });

  test("takes Node's Request", differs("it takes Node's Request for a URL"), async (t) => {
    const request = new globalThis.Request("http://localhost/node", { method: "POST", body: "theirs" });
    const seen = await reflect(t, request);
    assert.equal(seen.method, "POST");
    assert.equal(seen.url, "http://localhost/node");
    assert.equal(seen.headers["content-type"], "text/plain;charset=UTF-8");
    assert.equal(seen.body, "theirs");
  });

  test("lets init override what a Request says", async (t) => {
    const request = new Request(URL_ROOT, { method: "POST", body: "old", headers: { "x-old": "1" } });
    const seen = await reflect(t, request, { method: "PUT", body: "new", headers: { "x-new": "1" } });
    assert.equal(seen.method, "PUT");
    assert.equal(seen.body, "new");
    assert.equal(seen.headers["x-new"], "1");
    assert.equal(seen.headers["x-old"], undefined);
  });

  test("says how redirects are followed", async (t) => {
    const mf = create(t, { script: "export default { fetch: (request) => new Response(request.redirect) }" });
    assert.equal(await text(mf, URL_ROOT), "follow");
    assert.equal(await text(mf, URL_ROOT, { redirect: "manual" }), "manual");
    assert.equal(await text(mf, new Request(URL_ROOT, { redirect: "error" })), "error");
  });

  test("normalises a URL and keeps its fragment", async (t) => {
    const seen = await reflect(t, "HTTP://LocalHost:80/a b/é?q=ü#frag");
    assert.equal(seen.url, "http://localhost/a%20b/%C3%A9?q=%C3%BC#frag");
  });

  for (const [given, seen] of [
    ["get", "GET"],
    ["post", "POST"],
    ["HEAD", "HEAD"],
    ["OPTIONS", "OPTIONS"],
  ]) {
    test(`sends the method ${given} as ${seen}`, async (t) => {
      const mf = create(t, {
        script: `export default {
        fetch: ({ method }) => new Response(null, { headers: { method } })
      }`,
      });
      const response = await mf.dispatchFetch(URL_ROOT, { method: given });
      assert.equal(response.headers.get("method"), seen);
    });
  }

  test("sends a method of one's own as it is", async (t) => {
    assert.equal((await reflect(t, URL_ROOT, { method: "purge" })).method, "purge");
  });

  test("hands over cf, and leaves it undefined without", async (t) => {
    const cf = { country: "GB", nested: { list: [1, 2] } };
    assert.deepEqual((await reflect(t, URL_ROOT, { cf })).cf, cf);
    assert.deepEqual((await reflect(t, new Request(URL_ROOT, { cf }))).cf, cf);
    assert.equal("cf" in (await reflect(t, URL_ROOT)), false);
  });

  test("dispatches one Request twice", differs("the second dispatch finds immutable headers"), async (t) => {
    const mf = create(t, { script: REFLECT });
    const request = new Request("http://localhost/again", { headers: { "x-key": "1" } });
    for (let round = 0; round < 2; round++) {
      const seen = await json(mf, request);
      assert.equal(seen.url, "http://localhost/again");
      assert.equal(seen.headers["x-key"], "1");
    }
    request.headers.set("x-key", "2");
    assert.equal((await json(mf, request)).headers["x-key"], "2");
  });
});

describe("dispatchFetch refuses", () => {
  test("no input", async (t) => {
    const error = await rejection(create(t, { script: REFLECT }).dispatchFetch());
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /Failed to parse URL from undefined/);
  });

  for (const input of ["not a url", "/relative", "", "http://"]) {
    test(`the URL ${JSON.stringify(input)}, naming it`, async (t) => {
      const error = await rejection(create(t, { script: REFLECT }).dispatchFetch(input));
      assert.equal(error.name, "TypeError");
      assert.match(error.message, /Failed to parse URL/);
      assert.ok(error.message.includes(input), error.message);
    });
  }

  test("a URL with credentials", async (t) => {
    const error = await rejection(create(t, { script: REFLECT }).dispatchFetch("http://user:secret@localhost/"));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /credentials/);
  });

  test("a GET request with a body", async (t) => {
    const error = await rejection(create(t, { script: REFLECT }).dispatchFetch(URL_ROOT, { body: "body" }));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /GET\/HEAD/);
  });

  test("an invalid header name, naming it", async (t) => {
    const mf = create(t, { script: REFLECT });
    const error = await rejection(mf.dispatchFetch(URL_ROOT, { headers: { "a b": "c" } }));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /a b/);
  });

  test("a header value with a line break", async (t) => {
    const mf = create(t, { script: REFLECT });
    const error = await rejection(mf.dispatchFetch(URL_ROOT, { headers: { key: "one\ntwo" } }));
    assert.equal(error.name, "TypeError");
  });

  test("a method that is forbidden, naming it", async (t) => {
    const error = await rejection(create(t, { script: REFLECT }).dispatchFetch(URL_ROOT, { method: "CONNECT" }));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /CONNECT/);
  });

  test("a body that was already used", async (t) => {
    const mf = create(t, { script: REFLECT });
    const request = new Request(URL_ROOT, { method: "POST", body: "once" });
    await request.text();
    const error = await rejection(mf.dispatchFetch(request));
    assert.equal(error.name, "TypeError");
    assert.match(error.message, /used|unusable/i);
  });

  test("a body that an earlier dispatch has used", async (t) => {
    const mf = create(t, { script: REFLECT });
    const request = new Request(URL_ROOT, { method: "POST", body: "once" });
    assert.equal((await json(mf, request)).body, "once");
    assert.equal((await rejection(mf.dispatchFetch(request))).name, "TypeError");
  });

  test("and serves the next request", async (t) => {
    const mf = create(t, { script: REFLECT });
    await rejection(mf.dispatchFetch("not a url"));
    assert.equal((await json(mf)).url, URL_ROOT);
  });
});

describe("concurrent requests", () => {
  test("are answered each with its own answer, 64 at once", async (t) => {
    const mf = create(t, {
      script: `export default {
      async fetch(request) {
        const body = await request.text();
        return new Response(new URL(request.url).pathname + body);
      }
    }`,
    });
    const numbers = Array.from({ length: 64 }, (_, index) => index);
    const ask = (number) => text(mf, `http://localhost/${number}`, { method: "POST", body: `:${number}` });
    assert.deepEqual(
      await Promise.all(numbers.map(ask)),
      numbers.map((number) => `/${number}:${number}`),
    );
  });

  test("overtake one that waits", async (t) => {
    const mf = create(t, {
      script: `
    let release;
    const released = new Promise((resolve) => release = resolve);
    export default {
      async fetch(request) {
        if (request.url.endsWith("/wait")) await released;
        if (request.url.endsWith("/release")) release();
        return new Response(request.url);
      }
    }`,
    });
    const order = [];
    const ask = async (name) => order.push(new URL(await text(mf, `http://localhost/${name}`)).pathname);
    const waiting = ask("wait");
    await ask("first");
    await ask("release");
    await waiting;
    assert.deepEqual([...order].sort(), ["/first", "/release", "/wait"]);
    assert.equal(order[0], "/first");
  });

  test("keep their order through timers of different lengths", async (t) => {
    const mf = create(t, {
      script: `export default {
      async fetch(request) {
        const delay = Number(new URL(request.url).searchParams.get("delay"));
        await new Promise((resolve) => setTimeout(resolve, delay));
        return new Response(String(delay));
      }
    }`,
    });
    await mf.getBindings();
    const finished = [];
    const ask = async (delay) => finished.push(Number(await text(mf, `http://localhost/?delay=${delay}`)));
    await Promise.all([1000, 0, 500].map(ask));
    assert.deepEqual(finished, [0, 500, 1000]);
  });
});

describe("the signal of a caller", () => {
  const HANDLE = `async (request) => {
    const { signal } = request;
    const aborted = new Promise((resolve) => signal.addEventListener("abort", () => resolve("meanwhile")));
    self.begun?.();
    const when = signal.aborted ? "before" : await aborted;
    return Response.json([when, signal.aborted, signal.reason.name]);
  }`;
  const FORMATS = {
    "module worker": `export default { fetch: ${HANDLE} }`,
    "service worker": `const handle = ${HANDLE}; addEventListener("fetch", (event) => event.respondWith(handle(event.request)));`,
  };

  for (const [format, script] of Object.entries(FORMATS)) {
    test(`aborts the request's signal in a ${format}`, async (t) => {
      const controller = new AbortController();
      const mf = create(t, { script, globals: { begun: () => setImmediate(() => controller.abort()) } });
      const { signal } = controller;
      const res = await mf.dispatchFetch(URL_ROOT, { signal });
      assert.deepEqual(await res.json(), ["meanwhile", true, "AbortError"]);
    });

    test(`that has aborted already is seen in a ${format}`, async (t) => {
      const mf = create(t, { script });
      const res = await mf.dispatchFetch(new Request(URL_ROOT, { signal: AbortSignal.abort() }));
      assert.deepEqual(await res.json(), ["before", true, "AbortError"]);
    });
  }

  test("has its reason there", async (t) => {
    const script = `export default { async fetch({ signal }) {
      self.begun?.();
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
      const { reason } = signal;
      return Response.json([reason instanceof RangeError, reason.message, reason.code]);
    } }`;
    const reason = () => Object.assign(new RangeError("enough"), { code: 7 });
    const controller = new AbortController();
    const globals = { RangeError, begun: () => setImmediate(() => controller.abort(reason())) };
    const meanwhile = await create(t, { script, globals }).dispatchFetch(URL_ROOT, { signal: controller.signal });
    assert.deepEqual(await meanwhile.json(), [true, "enough", 7]);
    const before = await create(t, { script, globals: { RangeError } }).dispatchFetch(URL_ROOT, {
      signal: AbortSignal.abort(reason()),
    });
    assert.deepEqual(await before.json(), [true, "enough", 7]);
  });

  test("aborts the request's signal when the request is answered, too", async (t) => {
    const controller = new AbortController();
    const script = `let seen; export default { fetch(request) {
      seen ??= request.signal;
      return Response.json(seen.aborted);
    } }`;
    const mf = create(t, { script });
    const first = await mf.dispatchFetch(URL_ROOT, { signal: controller.signal });
    controller.abort();
    assert.equal(await (await mf.dispatchFetch(URL_ROOT)).json(), true);
    assert.equal(await first.json(), false);
  });

  test(
    "may be that of a whole suite: all requests that follow it share a listener, others have none",
    differs("each request adds listeners"),
    async (t) => {
      const script = `let asked = 0; export default { async fetch(request) {
      if (request.url.endsWith("/quick")) return new Response("quick");
      const { signal } = request;
      const aborted = new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason.message)));
      if (++asked === 20) self.begun();
      return new Response(await aborted);
    } }`;
      const controller = new AbortController();
      const { signal } = controller;
      const seen = [];
      const begun = () => {
        seen.push(getEventListeners(signal, "abort").length);
        setImmediate(() => controller.abort(new Error("enough")));
      };
      const mf = create(t, { script, globals: { begun } });
      for (let i = 0; i < 20; i++) assert.equal(await text(mf, `${URL_ROOT}quick`, { signal }), "quick");
      seen.push(getEventListeners(signal, "abort").length);
      const followers = Array.from({ length: 20 }, () => text(mf, URL_ROOT, { signal }));
      assert.deepEqual(await Promise.all(followers), Array(20).fill("enough"));
      assert.deepEqual(seen, [0, 1]);
    },
  );

  test("is refused when it is invalid", async (t) => {
    for (const signal of [{}, "abort"]) {
      const { name } = await rejection(create(t, { script: REFLECT }).dispatchFetch(URL_ROOT, { signal }));
      assert.equal(name, "TypeError");
    }
  });

  test("is seen by a body that is still streamed, which ends as the worker has it", async (t) => {
    const script = `export default { fetch(request) {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      const stream = async () => {
        await writer.write(new TextEncoder().encode("begun"));
        const { signal } = request;
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        writer.abort(signal.reason);
      };
      stream();
      return new Response(readable);
    } }`;
    const controller = new AbortController();
    const { body } = await create(t, { script }).dispatchFetch(URL_ROOT, { signal: controller.signal });
    const reader = body.getReader();
    assert.equal(new TextDecoder().decode((await reader.read()).value), "begun");
    const next = rejection(reader.read());
    controller.abort(new Error("enough"));
    assert.equal((await next).message, "enough");
  });
});
