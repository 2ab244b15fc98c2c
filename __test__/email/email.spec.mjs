// Email: what a worker sends, and what its handler does with what it receives; and items of tails.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { test } from "../support/test.mjs";

const SENDS = `export default { async fetch(request, env) {
  const results = [];
  for (const [name, message] of await request.json()) {
    results.push(await env[name].send(message).then(({ messageId }) => /^<[\\w-]+@x\\.com>$/.test(messageId), (error) => error.message));
  }
  return Response.json(results);
} };`;
const send_email = [
  { name: "ANY" },
  { name: "TO", allowed_destination_addresses: ["b@y.com"] },
  { name: "FROM", allowed_sender_addresses: ["ok@x.com"] },
  { name: "ONE", destination_address: "only@y.com" },
];
const body = (messages) => ({ method: "POST", body: JSON.stringify(messages) });

describe("a worker sends email", () => {
  const mail = (from, to, more) => ({ from, to, subject: "s", text: "t", ...more });

  test("to allowed addresses and from allowed ones, as in Miniflare 4", async (t) => {
    const messages = [
      ["ANY", mail("a@x.com", "b@y.com")],
      ["ANY", mail({ email: "a@x.com", name: "A" }, ["b@y.com", "c@y.com"])],
      ["TO", mail("a@x.com", "b@y.com")],
      ["TO", mail("a@x.com", "c@y.com")],
      ["FROM", mail("a@x.com", "b@y.com")],
      ["FROM", mail("ok@x.com", "b@y.com")],
      ["ONE", mail("a@x.com", "b@y.com")],
      ["ONE", mail("a@x.com", "only@y.com")],
    ];
    const options = { modules: true, script: SENDS, compatibilityDate: "2025-01-01", email: { send_email } };
    const theirs = new Miniflare4(options);
    t.after(() => theirs.dispose());
    const mf = create(t, options);
    const expected = await (await theirs.dispatchFetch("http://localhost/", body(messages))).json();
    assert.deepEqual(await json(mf, "http://localhost/", body(messages)), expected);
    assert.equal((await mf.getSentEmails()).length, expected.filter((result) => result === true).length);
  });

  test("into the outbox of the instance", async (t) => {
    const mf = create(t, { script: SENDS, email: { send_email } });
    await mf.clock.set(7000);
    const message = mail("a@x.com", "b@y.com", { cc: { email: "c@y.com", name: "C" }, headers: { "X-A": "1" } });
    await json(mf, "http://localhost/", body([["ANY", message]]));
    const [{ messageId, ...sent }] = await mf.getSentEmails();
    assert.match(messageId, /^<.+@x\.com>$/);
    assert.deepEqual(sent, {
      ...{ binding: "ANY", timestamp: 7000, from: "a@x.com", to: ["b@y.com"], cc: ["c@y.com"], bcc: [] },
      ...{ subject: "s", text: "t", headers: { "X-A": "1" } },
    });
  });

  test("as an EmailMessage, whose headers are checked as in Miniflare 4", async (t) => {
    const script = `import { EmailMessage } from "cloudflare:email";
      export default { async fetch(request, env) {
        const results = [];
        for (const raw of await request.json()) {
          const message = new EmailMessage("a@x.com", "b@y.com", raw);
          results.push(await env.ANY.send(message).then(() => [message.from, message.to], (error) => error.message));
        }
        return Response.json(results);
      } };`;
    const head = "From: A <a@x.com>\r\nTo: b@y.com\r\n";
    const raws = [
      `${head}Message-ID: <1@x.com>\r\nSubject: s\r\n\r\ntext`,
      "no headers",
      "From: other@x.com\r\nMessage-ID: <1@x.com>\r\n\r\ntext",
    ];
    const options = { modules: true, script, compatibilityDate: "2025-01-01", email: { send_email } };
    const theirs = new Miniflare4(options);
    t.after(() => theirs.dispose());
    const mf = create(t, options);
    const expected = await (await theirs.dispatchFetch("http://localhost/", body(raws))).json();
    assert.deepEqual(await json(mf, "http://localhost/", body(raws)), expected);
    assert.deepEqual(
      (await mf.getSentEmails()).map(({ from, to, raw }) => [from, to, raw]),
      [["a@x.com", ["b@y.com"], raws[0]]],
    );
  });

  test("and learns what a message needs", async (t) => {
    const mf = create(t, { script: SENDS, email: { send_email } });
    const [wrong] = await json(mf, "http://localhost/", body([["ANY", { from: "a@x.com" }]]));
    assert.match(wrong, /^send\(\) takes an EmailMessage, or an object like \{ from: /);
  });
});

describe("a worker receives email", () => {
  const RAW = "From: A <a@x.com>\r\nMessage-ID: <1@x.com>\r\nSubject: two\r\n lines\r\n\r\nHello";
  const email = { from: "a@x.com", to: "b@y.com", raw: RAW };
  const handles = (body) => `export default { async email(message, env, ctx) { ${body} } };`;

  test("with its parts", async (t) => {
    const script = handles(`
      const { from, to, headers, rawSize } = message;
      const text = await new Response(message.raw).text();
      env.seen(JSON.stringify([from, to, headers.get("subject"), headers.get("x-a"), rawSize, text]));`);
    const seen = [];
    const mf = create(t, { script, bindings: { seen: (json) => void seen.push(JSON.parse(json)) } });
    for (const raw of [RAW, new TextEncoder().encode(RAW)]) {
      const result = await mf.dispatchEmail({ ...email, raw, headers: { "X-A": "1" } });
      assert.deepEqual(result, { outcome: "ok", forwarded: [], replies: [] });
    }
    const expected = ["a@x.com", "b@y.com", "two lines", "1", RAW.length, RAW];
    assert.deepEqual(seen, [expected, expected]);
  });

  test("and forwards it, replies to it, or rejects it", async (t) => {
    const script = handles(`
      await message.forward("c@y.com", new Headers({ "X-B": "2" }));
      await message.reply({ from: "b@y.com", to: "a@x.com", subject: "Re", text: "answer" });
      ctx.waitUntil(message.reply({ to: "a@x.com", text: "again" }).catch(({ message: text }) => message.setReject(text)));`);
    const result = await create(t, { script }).dispatchEmail(email);
    assert.deepEqual(result, {
      outcome: "rejected",
      rejectReason: "a message can be replied to once",
      forwarded: [{ to: "c@y.com", headers: { "x-b": "2" } }],
      replies: [{ from: "b@y.com", to: ["a@x.com"], subject: "Re", text: "answer" }],
    });
  });

  test("and what its handler throws rejects the dispatch", async (t) => {
    const failing = create(t, { script: handles('throw new RangeError("no");') });
    await assert.rejects(failing.dispatchEmail(email), { name: "RangeError", message: "no" });
    const later = create(t, { script: handles('ctx.waitUntil(Promise.reject(new Error("later")));') });
    await assert.rejects(later.dispatchEmail(email), { message: "later" });
  });

  test("only with a handler, and only messages", async (t) => {
    const mf = create(t, { script: "export default {};" });
    await assert.rejects(mf.dispatchEmail(email), { message: "Handler does not export an email() function." });
    const classic = create(t, { script: "addEventListener('fetch', () => {});" });
    await assert.rejects(classic.dispatchEmail(email), /^Error: Emails need a module worker/);
    for (const wrong of [undefined, {}, { from: "a", to: "b" }, { from: "a", to: "b", raw: 1 }]) {
      assert.match((await rejection(mf.dispatchEmail(wrong))).message, /^dispatchEmail\(\) takes an object like/);
    }
  });
});

describe("a worker receives tails", () => {
  test("with the items of the test", async (t) => {
    const items = [{ scriptName: "other", outcome: "ok", logs: [{ timestamp: 1, level: "log", message: ["a", 1] }] }];
    const script = `export default { tail(items, env, ctx) { ctx.waitUntil(Promise.resolve(items)); } };`;
    const [seen] = await create(t, { script }).dispatchTail(items);
    assert.deepEqual(seen, items);
  });

  test("only with a handler, and only lists", async (t) => {
    const mf = create(t, { script: "export default {};" });
    await assert.rejects(mf.dispatchTail([]), { message: "Handler does not export a tail() function." });
    await assert.rejects(mf.dispatchTail("items"), /^TypeError: dispatchTail\(\) takes an array of items/);
  });
});
