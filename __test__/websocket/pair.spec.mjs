// Tags: oracle, every-node
// Pairs of sockets within a worker: their surface, states, errors, and the order of their events.

import assert from "node:assert/strict";
import { CAUGHT, evaluate } from "../support/dispatch.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** What the bodies use: two ends, and a way to let events arrive. */
const ENDS = `${CAUGHT}
  const [one, other] = Object.values(new WebSocketPair());
  const arrive = async () => { for (let turn = 0; turn < 5; turn++) await undefined; };
  const states = () => [one.readyState, other.readyState];
`;

const inWorker = (name, body, expected, options = {}, settings = {}) =>
  test(name, options, async (t) => assert.deepEqual(await evaluate(t, ENDS + body, settings), expected));

inWorker(
  "a pair has two ends, by their numbers",
  `const pair = new WebSocketPair(); return [Object.keys(pair), pair[0] instanceof WebSocket, pair[0] instanceof EventTarget];`,
  [["0", "1"], true, true],
);
inWorker(
  "a pair can be iterated",
  `const [a, b] = new WebSocketPair(); return a instanceof WebSocket && b instanceof WebSocket && a !== b;`,
  true,
  differs("it cannot"),
);
inWorker("a pair needs `new`", `return caught(() => WebSocketPair());`, [
  "TypeError",
  "Failed to construct 'WebSocketPair': Please use the 'new' operator, this object constructor cannot be called as a function.",
]);
inWorker(
  "the states have names",
  `return ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].map((name) => WebSocket["READY_STATE_" + name]);`,
  [0, 1, 2, 3],
);
inWorker(
  "the states have the names of the standard, too",
  `return ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].flatMap((name) => [WebSocket[name], one[name]]);`,
  [0, 0, 1, 1, 2, 2, 3, 3],
  differs("it has only its own"),
);
inWorker(
  "a socket of a pair has no URL, protocol or extensions",
  `return [one.url, one.protocol, one.extensions];`,
  [null, null, null],
  differs("it has no such properties"),
);
inWorker("the events are global classes", `return [typeof MessageEvent, typeof CloseEvent];`, ["function", "function"]);
inWorker(
  "ErrorEvent is one of them",
  `return [typeof ErrorEvent, new ErrorEvent("error", { message: "text" }).message];`,
  ["function", "text"],
  differs("it is not global"),
);

inWorker(
  "messages arrive in order, and only once they are accepted",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   one.accept();
   one.send("a");
   one.send("b");
   await arrive();
   const before = [...got];
   other.accept();
   const at = [...got];
   one.send("c");
   const sent = [...got];
   await arrive();
   return [before, at, sent, got];`,
  [[], ["a", "b"], ["a", "b"], ["a", "b", "c"]],
);
inWorker(
  "a message arrives in a microtask, before what awaits goes on",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   one.accept();
   other.accept();
   one.send("a");
   got.push("sent");
   await undefined;
   got.push("awaited");
   return got;`,
  ["sent", "a", "awaited"],
);
inWorker(
  "what is sent in the turn of an accept comes a microtask later",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   one.accept();
   one.send("1");
   other.accept();
   const at = [...got];
   await arrive();
   return [at, got];`,
  [[], ["1"]],
);
inWorker(
  "a second accept has no effect",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   one.accept();
   one.accept();
   one.send("a");
   await arrive();
   other.accept();
   other.accept();
   await arrive();
   return got;`,
  ["a"],
);
inWorker(
  "both ends send and receive",
  `const got = [];
   one.addEventListener("message", ({ data }) => { got.push("one " + data); one.send(data + "!"); });
   other.addEventListener("message", ({ data }) => got.push("other " + data));
   one.accept();
   other.accept();
   other.send("a");
   await arrive();
   return got;`,
  ["one a", "other a!"],
);

const NOT_ACCEPTED = ["TypeError", "You must call accept() on this WebSocket before sending messages."];
inWorker("a socket must be accepted first", `return [caught(() => one.send("a")), caught(() => one.close(1000))];`, [
  NOT_ACCEPTED,
  NOT_ACCEPTED,
]);
inWorker(
  "nothing is sent after close, but after that of the peer",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   one.addEventListener("message", ({ data }) => got.push(data));
   one.accept();
   other.accept();
   one.close();
   other.send("still");
   const error = caught(() => one.send("a"));
   await arrive();
   return [error, got];`,
  [["TypeError", "Can't call WebSocket send() after close()."], ["still"]],
);
inWorker(
  "a socket is closed once",
  `one.accept(); one.close(1000); return [caught(() => one.close(1000)), caught(() => one.close())];`,
  [
    ["TypeError", "WebSocket already closed"],
    ["TypeError", "WebSocket already closed"],
  ],
);
inWorker(
  "close codes are checked before anything else",
  `const codes = [999, 1004, 1005, 1006, 1015, 5000, -1, "x", 1000, 1001, 3000, 4999, 0, null, NaN, 1000.5, "1000"];
   return codes.map((code) => caught(() => one.close(code))[1].slice(0, 13));`,
  [..."Invalid WebSo,".repeat(8).split(",").filter(Boolean), ..."You must call,".repeat(9).split(",").filter(Boolean)],
);
inWorker("a reason needs a code", `one.accept(); return caught(() => one.close(undefined, "why"));`, [
  "TypeError",
  "If you specify a WebSocket close reason, you must also specify a code.",
]);
inWorker(
  "a close arrives after the messages that came before",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data));
   other.addEventListener("close", ({ code, reason }) => got.push([code, reason, states()]));
   one.accept();
   other.accept();
   one.send("a");
   one.close(4000, "enough");
   const at = states();
   await arrive();
   other.close();
   return [at, got, states()];`,
  [
    [2, 2],
    ["a", [4000, "enough", [2, 2]]],
    [3, 3],
  ],
);
inWorker(
  "a close without a code has the code 1005",
  `const codes = [];
   other.addEventListener("close", ({ code, reason, type, bubbles, cancelable }) => codes.push(code, reason, type, bubbles, cancelable));
   one.accept();
   other.accept();
   one.close();
   await arrive();
   return codes;`,
  [1005, "", "close", false, false],
);
inWorker(
  "a socket sees its own close when the peer closes",
  `const got = [];
   one.addEventListener("close", ({ code }) => got.push(["one", code]));
   other.addEventListener("close", ({ code }) => { got.push(["other", code]); other.close(4001); });
   one.accept();
   other.accept();
   one.close(4000);
   await arrive();
   return got;`,
  [
    ["other", 4000],
    ["one", 4001],
  ],
);
inWorker(
  "a close that was asked for is clean",
  `let clean;
   other.addEventListener("close", ({ wasClean }) => { clean = wasClean; });
   one.accept();
   other.accept();
   one.close(1000);
   await arrive();
   return clean;`,
  true,
  differs("it never is"),
);
inWorker("a socket is open before it is accepted", `const at = states(); one.accept(); return [at, states()];`, [
  [1, 1],
  [1, 1],
]);

inWorker(
  "text and buffers arrive as such",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(typeof data === "string" ? data : [data.constructor.name, ...new Uint8Array(data)]));
   one.accept();
   other.accept();
   one.send("text");
   one.send(new Uint8Array([1, 2, 3]).buffer);
   await arrive();
   return got;`,
  ["text", ["ArrayBuffer", 1, 2, 3]],
);
inWorker(
  "views arrive as buffers, copied, and other values as their text",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(typeof data === "string" ? data : [data.constructor.name, ...new Uint8Array(data)]));
   one.accept();
   other.accept();
   const bytes = new Uint8Array([0, 1, 2, 3]);
   one.send(bytes.subarray(1, 3));
   bytes[1] = 9;
   one.send(1);
   one.send(null);
   one.send({ toString: () => "shown" });
   await arrive();
   return got;`,
  [["ArrayBuffer", 1, 2], "1", "null", "shown"],
  differs("the very values arrive"),
);
inWorker(
  "a blob is sent as its bytes, in the order of the messages",
  `const got = [];
   const all = new Promise((resolve) => other.addEventListener("close", resolve));
   other.addEventListener("message", ({ data }) => got.push(typeof data === "string" ? data : new TextDecoder().decode(data)));
   one.accept();
   other.accept();
   one.send("before");
   one.send(new Blob(["blob"]));
   one.send("after");
   one.close(1000);
   await all;
   return got;`,
  ["before", "blob", "after"],
  differs("the blob itself arrives"),
);
inWorker(
  "send() needs a message",
  `one.accept(); return caught(() => one.send());`,
  ["TypeError", "Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present."],
  differs("sends undefined"),
);

inWorker(
  "listeners are functions or objects, once or until they are removed",
  `const got = [];
   const counted = (name) => ({ data }) => got.push(name + data);
   const removed = counted("removed ");
   other.addEventListener("message", counted("function "));
   other.addEventListener("message", { handleEvent: counted("object ") });
   other.addEventListener("message", counted("once "), { once: true });
   other.addEventListener("message", removed);
   other.addEventListener("message", removed);
   one.accept();
   other.accept();
   one.send("1");
   await arrive();
   other.removeEventListener("message", removed);
   one.send("2");
   await arrive();
   return got;`,
  ["function 1", "object 1", "once 1", "removed 1", "function 2", "object 2"],
);
inWorker(
  "a listener that is removed can be added again",
  `const got = [];
   const listener = ({ data }) => got.push(data);
   other.addEventListener("message", listener, { once: true });
   one.accept();
   other.accept();
   one.send("1");
   await arrive();
   other.addEventListener("message", listener);
   one.send("2");
   await arrive();
   other.removeEventListener("message", listener);
   other.addEventListener("message", listener);
   one.send("3");
   await arrive();
   return got;`,
  ["1", "2", "3"],
);
inWorker(
  "`onmessage` and its kin are called",
  `const got = [];
   other.onmessage = ({ data }) => got.push("replaced " + data);
   other.onmessage = function ({ data, target }) { got.push(data, this === other, target === other); };
   other.onclose = ({ code }) => got.push(code);
   other.onerror = "not a function";
   one.accept();
   other.accept();
   one.send("a");
   one.close(1000);
   await arrive();
   return [got, typeof other.onclose, other.onerror, other.onopen];`,
  [["a", true, true, 1000], "function", null, null],
  differs("they are ignored"),
);

inWorker(
  "a response with a socket has status 101 and no body",
  `const response = new Response(null, { status: 101, webSocket: one, headers: { a: "b" } });
   const again = new Response(null, response);
   return [response.status, response.statusText, response.body, response.webSocket === one, again.webSocket === one, response.headers.get("a")];`,
  [101, "", null, true, true, "b"],
);
inWorker(
  "responses are refused that are not to a handshake",
  `return [
     caught(() => new Response(null, { webSocket: one })),
     caught(() => new Response(null, { status: 200, webSocket: one })),
     caught(() => new Response(null, { status: 101 })),
     caught(() => new Response(null, { status: 101, webSocket: one }).clone()),
   ];`,
  [
    ["RangeError", "Responses with a WebSocket must have status code 101."],
    ["RangeError", "Responses with a WebSocket must have status code 101."],
    ["RangeError", 'init["status"] must be in the range of 200 to 599, inclusive.'],
    ["TypeError", "Cannot clone a response to a WebSocket handshake."],
  ],
);
inWorker(
  "no cache takes it",
  `return caught(() => caches.default.put("http://localhost/", new Response(null, { status: 101, webSocket: one })));`,
  ["TypeError", "Cannot cache WebSocket upgrade response."],
);

inWorker(
  "URLs and subprotocols are checked",
  `return [
     caught(() => new WebSocket("nothing")),
     caught(() => new WebSocket("http://localhost")),
     caught(() => new WebSocket("ws://localhost/#fragment")),
     caught(() => new WebSocket("ws://localhost", "a b")),
     caught(() => new WebSocket("ws://localhost", ["a", "a"])),
   ];`,
  [
    ["SyntaxError", "WebSocket Constructor: The url is invalid."],
    ["SyntaxError", "WebSocket Constructor: The url scheme must be ws or wss."],
    ["SyntaxError", "WebSocket Constructor: The url fragment must be empty."],
    ["SyntaxError", "An invalid or duplicated subprotocol was specified"],
    ["SyntaxError", "An invalid or duplicated subprotocol was specified"],
  ],
);

inWorker(
  "bytes arrive as blobs from a compatibility date on, or when the socket says so",
  `const got = [];
   other.addEventListener("message", ({ data }) => got.push(data.constructor.name));
   one.accept();
   other.accept();
   const types = [other.binaryType];
   one.send(new Uint8Array(1));
   await arrive();
   other.binaryType = "arraybuffer";
   other.binaryType = "else";
   types.push(other.binaryType);
   one.send(new Uint8Array(1));
   await arrive();
   return [types, got];`,
  [
    ["blob", "arraybuffer"],
    ["Blob", "ArrayBuffer"],
  ],
  differs("it has no binaryType"),
  { compatibilityDate: "2026-03-17" },
);
const REPLIES = `const got = [];
  other.addEventListener("close", ({ code }) => got.push(["other", code, other.readyState]));
  one.addEventListener("close", ({ code }) => got.push(["one", code]));
  one.accept();
`;
inWorker(
  "a close is answered by itself from a compatibility date on",
  `${REPLIES} other.accept(); one.close(4000, "why"); await arrive(); return got;`,
  [
    ["other", 4000, 3],
    ["one", 4000],
  ],
  differs("it never is"),
  { compatibilityDate: "2026-04-07" },
);
inWorker(
  "unless the socket may be half open",
  `${REPLIES} other.accept({ allowHalfOpen: true }); one.close(4000, "why"); await arrive(); return got;`,
  [["other", 4000, 2]],
  {},
  { compatibilityDate: "2026-04-07" },
);
inWorker(
  "reasons are limited from a compatibility date on",
  `one.accept(); return caught(() => one.close(4000, "ü".repeat(62)));`,
  ["SyntaxError", "The reason of a WebSocket close must not be longer than 123 bytes in UTF-8, got 124 bytes."],
  differs("they are not"),
  { compatibilityDate: "2026-03-03" },
);
