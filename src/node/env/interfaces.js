"use strict";
// Classes of a worker's in the shape that Web IDL gives to interfaces, and those of events that not every Node has.

/** Makes the members of classes enumerable, and names their objects. */
function configure(...classes) {
  for (const { name, prototype } of classes) {
    for (const key of Object.getOwnPropertyNames(prototype)) {
      if (key === "constructor") continue;
      Object.defineProperty(prototype, key, { enumerable: true });
    }
    Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  }
}

/** <https://html.spec.whatwg.org/multipage/webappapis.html#promiserejectionevent> */
class PromiseRejectionEvent extends Event {
  #promise;
  #reason;

  // Node's own refuses to be made of nothing.
  constructor(...args) {
    super(...args);
    const [, init] = args;
    if (init?.promise === undefined) {
      const text = "Failed to construct 'PromiseRejectionEvent': required member 'promise' is undefined.";
      throw new TypeError(text);
    }
    this.#promise = init.promise;
    this.#reason = init.reason;
  }

  static {
    Object.defineProperty(PromiseRejectionEvent, "length", { value: 2 });
  }

  get promise() {
    return this.#promise;
  }

  get reason() {
    return this.#reason;
  }
}

/** <https://websockets.spec.whatwg.org/#the-closeevent-interface> */
class CloseEvent extends Event {
  #wasClean;
  #code;
  #reason;

  constructor(...args) {
    super(...args);
    const [, init] = args;
    this.#wasClean = Boolean(init?.wasClean);
    this.#code = Number(init?.code ?? 0) & 0xffff;
    this.#reason = String(init?.reason ?? "");
  }

  static {
    Object.defineProperty(CloseEvent, "length", { value: 1 });
  }

  get wasClean() {
    return this.#wasClean;
  }

  get code() {
    return this.#code;
  }

  get reason() {
    return this.#reason;
  }
}

configure(PromiseRejectionEvent, CloseEvent);

module.exports = { CloseEvent, configure, PromiseRejectionEvent };
