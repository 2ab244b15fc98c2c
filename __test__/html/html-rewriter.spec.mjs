// Tags: oracle, every-node
// `HTMLRewriter`: which handlers are called with what, in the worker and in Node.

import { describe } from "node:test";
import { differs } from "../support/miniflare.mjs";
import { inWorkerAndNode as both } from "../support/html.mjs";

describe("the class", () => {
  both(
    "has three methods, of which two can be chained",
    `const made = new HTMLRewriter();
    return [Object.getOwnPropertyNames(HTMLRewriter.prototype).sort(), made.on("p", {}) === made,
      made.onDocument({}) === made, HTMLRewriter.name];`,
    [["constructor", "on", "onDocument", "transform"], true, true, "HTMLRewriter"],
  );

  both(
    "calls handlers with their object for `this`, methods of classes too",
    `class Handlers {
      seen = [];
      element({ tagName }) { this.seen.push(tagName); }
      comments({ text }) { this.seen.push(text); }
      text({ text }) { this.seen.push(text); }
      doctype({ name }) { this.seen.push(name); }
      end() { this.seen.push("end"); }
    }
    const [ofElements, ofDocument] = [new Handlers(), new Handlers()];
    await rewrite("<!DOCTYPE html><p>t<!--c--></p>", { p: ofElements }, ofDocument);
    return [ofElements.seen, ofDocument.seen];`,
    [
      ["p", "t", "", "c"],
      ["html", "t", "", "c", "end"],
    ],
  );

  both(
    "ignores handlers that are missing, and keys that it does not know",
    `return rewrite("<p>t</p>", { p: { element: null, comments: undefined, unknown() { throw new Error("called"); } } }, {});`,
    "<p>t</p>",
  );

  both(
    "can be used again, also for several documents at once",
    `const made = rewriter({ p: element((p) => void p.append("!")) });
    const first = made.transform(new Response("<p>1</p>"));
    const second = made.transform(new Response("<p>2</p>"));
    const texts = await Promise.all([first.text(), second.text()]);
    return [...texts, await made.transform(new Response("<p>3</p>")).text()];`,
    ["<p>1!</p>", "<p>2!</p>", "<p>3!</p>"],
  );

  both(
    "takes the handlers that it has when a document is given to it",
    `const made = rewriter({ p: element((p) => void p.append("1")) });
    const response = made.transform(new Response("<p></p>"));
    made.on("p", element((p) => void p.append("2")));
    return [await response.text(), await made.transform(new Response("<p></p>")).text()];`,
    ["<p>1</p>", "<p>12</p>"],
  );

  both(
    "calls handlers of one element in the order in which they were added, and later ones see what earlier ones did",
    `const seen = [];
    const made = new HTMLRewriter()
      .on("p", element((p) => { p.tagName = "q"; p.setAttribute("a", "1"); seen.push("first"); }))
      .on("q", element(() => seen.push("of another name")))
      .on("*", element((p) => seen.push(p.tagName, p.getAttribute("a"))));
    return [await made.transform(new Response("<p>t</p>")).text(), seen];`,
    ['<q a="1">t</q>', ["first", "q", "1"]],
  );

  both(
    "calls handlers of elements before those of the document",
    `const made = new HTMLRewriter()
      .onDocument({ comments(comment) { comment.text = "D" + comment.text; } })
      .on("p", { comments(comment) { comment.text = "E" + comment.text; } });
    return made.transform(new Response("<p><!--1--></p>")).text();`,
    "<p><!--DE1--></p>",
  );

  both(
    "awaits the promises of handlers, one after the other",
    `const seen = [];
    const wait = () => new Promise((resolve) => setTimeout(resolve, 1));
    const log = (name) => async (token) => { seen.push(name); await wait(); token.before?.(name); seen.push(name + "!"); };
    const html = await rewrite("<p>t<!--c--></p>", {
      p: { async element(p) { await log("e")(p); p.onEndTag(log("z")); }, comments: log("c"),
        text: (chunk) => chunk.text === "" ? undefined : log("t")(chunk) },
    }, { end: log("end") });
    return [html, seen];`,
    ["e<p>ttc<!--c-->z</p>", ["e", "e!", "t", "t!", "c", "c!", "z", "z!", "end", "end!"]],
  );

  both(
    "awaits any object with a `then`",
    `return rewrite("<p></p>", { p: element((p) => ({ then(resolve) { setTimeout(() => resolve(p.append("later")), 1); } })) });`,
    "<p>later</p>",
    differs("it awaits instances of Promise only"),
  );
});

describe("the response", () => {
  both(
    "has the status, status text and headers of the other, but no Content-Length",
    `const headers = { "Content-Length": "8", "Content-Encoding": "identity", ETag: "e", "X-Key": "value" };
    const given = new Response("<p>t</p>", { status: 404, statusText: "Gone", headers });
    const response = rewriter({ p: element((p) => void p.remove()) }).transform(given);
    return [response instanceof Response, response !== given, response.status, response.statusText,
      [...response.headers].sort(), await response.text()];`,
    [
      true,
      true,
      404,
      "Gone",
      [
        ["content-encoding", "identity"],
        ["content-type", "text/plain;charset=UTF-8"],
        ["etag", "e"],
        ["x-key", "value"],
      ],
      "",
    ],
  );

  both(
    "has headers that can be changed",
    `const response = new HTMLRewriter().transform(new Response("t"));
    response.headers.set("X-Key", "value");
    return response.headers.get("X-Key");`,
    "value",
  );

  both(
    "of a response without a body has none, and `end` is not called",
    `const seen = [];
    const given = new Response(null, { status: 204, headers: { "X-Key": "value" } });
    const response = rewriter({}, { end: () => seen.push("end") }).transform(given);
    return [response.body, response.status, response.headers.get("X-Key"), await response.text(), response === given, seen];`,
    [null, 204, "value", "", false, []],
  );

  both(
    "of an empty body has what `end` appends",
    `return rewrite("", {}, { end: (end) => void end.append("<end>", { html: true }) });`,
    "<end>",
  );

  both(
    "locks the body of the other at once, and reads nothing before it is read itself",
    `const seen = [];
    const given = new Response("<p>t</p>");
    const response = rewriter({ p: element(() => seen.push("p")) }).transform(given);
    const before = [given.body.locked, given.bodyUsed, response.bodyUsed];
    await new Promise((resolve) => setTimeout(resolve, 5));
    before.push([...seen]);
    await response.text();
    return [...before, given.bodyUsed, response.bodyUsed, seen];`,
    [true, false, false, [], true, true, ["p"]],
  );

  both(
    "can be cloned",
    `const response = rewriter({ p: element((p) => void p.append("!")) }).transform(new Response("<p>t</p>"));
    const copy = response.clone();
    return [await response.text(), await copy.text()];`,
    ["<p>t!</p>", "<p>t!</p>"],
  );

  both(
    "can be rewritten again",
    `const first = rewriter({ p: element((p) => void p.append("1")) }).transform(new Response("<p>t</p>"));
    const second = rewriter({ p: element((p) => void p.append("2")) }).transform(first);
    return second.text();`,
    "<p>t12</p>",
  );

  both(
    "is refused for a value that is not a response",
    `const made = new HTMLRewriter();
    return [{}, "text", undefined, null].map((given) => caught(() => made.transform(given))[0]);`,
    ["TypeError", "TypeError", "TypeError", "TypeError"],
  );

  both(
    "is refused for a body that is locked or used",
    `const [locked, used] = [new Response("t"), new Response("t")];
    locked.body.getReader();
    await used.text();
    const made = new HTMLRewriter();
    return [caught(() => made.transform(locked))[0], caught(() => made.transform(used))[0]];`,
    ["TypeError", "TypeError"],
    differs("it ends the process"),
  );
});

describe("what a handler throws", () => {
  for (const [what, thrower] of Object.entries({
    "is thrown": "() => { throw reason; }",
    "its promise rejects with": "async () => { throw reason; }",
    "its promise rejects with later": "async () => { await new Promise((r) => setTimeout(r, 1)); throw reason; }",
  })) {
    both(
      `is what reading rejects with: what ${what}`,
      `const reasons = [new RangeError("message"), "text", undefined, { key: "value" }];
      const same = [];
      for (const reason of reasons) {
        const thrower = ${thrower};
        const handlers = [[{ p: { element: thrower } }], [{ p: { text: thrower } }], [{}, { end: thrower }],
          [{ p: element((p) => p.onEndTag(thrower)) }], [{}, { comments: thrower }]];
        for (const given of handlers) {
          same.push(await rewrite("<p>t<!--c--></p>", ...given).then(() => "resolved", (error) => error === reason));
        }
      }
      return [same.length, same.every((one) => one === true)];`,
      [20, true],
      what === "is thrown" ? {} : differs("a second error ends the process"),
    );
  }

  both(
    "comes after the output that was there before",
    `const response = rewriter({ q: element(() => { throw new Error("message"); }) })
      .transform(responseOf(["<p>t</p>", "<q>"]));
    const reader = response.body.getReader();
    const { value } = await reader.read();
    return [new TextDecoder().decode(value), await caught(() => reader.read())];`,
    ["<p>t</p>", ["Error", "message"]],
  );

  both(
    "cancels the source",
    `let cancelled;
    const source = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("<p>t</p>")),
      cancel: (reason) => (cancelled = reason),
    });
    const error = new Error("message");
    await caught(() => rewrite(new Response(source), { p: element(() => { throw error; }) }));
    return cancelled === error;`,
    true,
  );

  both(
    "is a TypeError if there is no such handler",
    `return [await caught(() => rewrite("<p>", { p: null })), await caught(() => rewrite("<p>", { p: undefined }))];`,
    [
      ["TypeError", "Cannot read properties of null (reading 'element')"],
      ["TypeError", "Cannot read properties of undefined (reading 'element')"],
    ],
    differs("a second error ends the process"),
  );

  both(
    "is a TypeError that names a handler that is not a function",
    `return [await caught(() => rewrite("<p>", { p: { element: 5 } })), await caught(() => rewrite("<p>", {}, { end: "x" }))];`,
    [
      ["TypeError", 'The handler "element" of the selector "p" must be a function, got number'],
      ["TypeError", 'The handler "end" of the document must be a function, got string'],
    ],
    differs("its texts are accidental"),
  );
});
