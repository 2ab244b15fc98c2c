// Tags: every-node
// `node:events` in a worker, as in Node.

import { sameAsNode } from "../support/nodejs.mjs";

sameAsNode(
  "node:events",
  { events: "node:events" },
  {
    "calls listeners in order": `const emitter = new events.EventEmitter();
      const calls = [];
      emitter.on("a", (...args) => calls.push(["on", ...args]));
      emitter.prependListener("a", () => calls.push("first"));
      emitter.once("a", () => calls.push("once"));
      return [emitter.emit("a", 1, 2), emitter.emit("a"), emitter.emit("b"), calls, emitter.listenerCount("a"), emitter.eventNames()];`,
    "is the default and has itself": `return [events.default === events.EventEmitter, events.EventEmitter.EventEmitter === events.EventEmitter, typeof events.once, events.defaultMaxListeners];`,
    "is inherited by classes and by functions": `class A extends events.EventEmitter {}
      function B() { events.EventEmitter.call(this); }
      Object.setPrototypeOf(B.prototype, events.EventEmitter.prototype);
      return [new A(), new B()].map((one) => { let seen; one.on("x", (value) => { seen = value; }); one.emit("x", 3); return [seen, one instanceof events.EventEmitter]; });`,
    "refuses a value that is not a listener": `const emitter = new events.EventEmitter();
      return [() => emitter.on("a"), () => emitter.once("a", 1), () => emitter.off("a", null), () => emitter.addListener("a", "x"), () => emitter.setMaxListeners(-1)].map(caught).map(({ name, code }) => [name, code]);`,
    "throws an error that no listener hears of": `const emitter = new events.EventEmitter();
      return [caught(() => emitter.emit("error", new RangeError("x"))), caught(() => emitter.emit("error", 5)).code, caught(() => emitter.emit("error", 5)).message, caught(() => emitter.emit("error")).message];`,
    "lets a monitor hear of errors": `const emitter = new events.EventEmitter();
      const seen = [];
      emitter.on(events.errorMonitor, (error) => seen.push(error.message));
      return [caught(() => emitter.emit("error", new Error("x"))), seen];`,
    "removes listeners": `const emitter = new events.EventEmitter();
      const calls = [];
      const listener = () => calls.push("called");
      emitter.on("removeListener", (name) => calls.push("removed " + name));
      emitter.on("newListener", (name) => calls.push("new " + name));
      emitter.on("a", listener).off("a", listener).on("a", listener).removeAllListeners("a").emit("a");
      return calls;`,
    "waits for an event": `const emitter = new events.EventEmitter();
      setTimeout(() => emitter.emit("a", 1, 2), 1);
      const first = await events.once(emitter, "a");
      setTimeout(() => emitter.emit("error", new Error("x")), 1);
      const second = await events.once(emitter, "a").catch((error) => error);
      const third = await events.once(emitter, "a", { signal: AbortSignal.abort() }).catch((error) => error);
      const target = new EventTarget();
      setTimeout(() => target.dispatchEvent(new Event("b")), 1);
      const [event] = await events.once(target, "b");
      return [first, second, third.name, third.code, event.type, emitter.listenerCount("a"), emitter.listenerCount("error")];`,
    "iterates over events": `const emitter = new events.EventEmitter();
      queueMicrotask(() => { emitter.emit("a", 1); emitter.emit("a", 2); emitter.emit("end"); });
      const seen = [];
      for await (const args of events.on(emitter, "a", { close: ["end"] })) seen.push(args);
      const controller = new AbortController();
      queueMicrotask(() => controller.abort());
      const failure = await (async () => { for await (const _ of events.on(emitter, "a", { signal: controller.signal })); })().catch((error) => error);
      return [seen, failure.name, emitter.listenerCount("a")];`,
    "captures rejections": `const emitter = new events.EventEmitter({ captureRejections: true });
      emitter.on("a", async () => { throw new Error("x"); });
      const caughtError = new Promise((resolve) => emitter.on("error", resolve));
      emitter.emit("a");
      const own = new events.EventEmitter({ captureRejections: true });
      own.on("b", async () => { throw new Error("y"); });
      const handled = new Promise((resolve) => { own[Symbol.for("nodejs.rejection")] = (error, name, ...args) => resolve([error.message, name, args]); });
      own.emit("b", 1);
      return [await caughtError, await handled];`,
    "tells of listeners": `const emitter = new events.EventEmitter();
      const listener = () => {};
      emitter.on("a", listener).once("a", listener);
      events.setMaxListeners(5, emitter);
      return [events.getEventListeners(emitter, "a").length, emitter.rawListeners("a").length, events.getMaxListeners(emitter), events.EventEmitter.listenerCount(emitter, "a"), emitter.listenerCount("a", listener)];`,
    "calls a listener for abortion": `const controller = new AbortController();
      const seen = [];
      events.addAbortListener(controller.signal, (event) => seen.push(event.type));
      const disposed = events.addAbortListener(controller.signal, () => seen.push("never"));
      disposed[Symbol.dispose]();
      controller.abort();
      return [seen, caught(() => events.addAbortListener(1, () => {})).code];`,
  },
);
