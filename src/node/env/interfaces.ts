// Classes of a worker's in the shape that Web IDL gives to interfaces, and those of events that not every Node has.

const HIDDEN = new Set(["constructor", "length", "name", "prototype"]);

/** Makes the members of classes enumerable, and names their objects. */
function configure(...classes: { readonly name: string; readonly prototype: object }[]) {
  for (const Class of classes) {
    showMembers(Class);
    showMembers(Class.prototype);
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: Class.name, configurable: true });
  }
}

function showMembers(object: object) {
  for (const key of Object.getOwnPropertyNames(object)) {
    if (!HIDDEN.has(key)) Object.defineProperty(object, key, { enumerable: true });
  }
}

/** <https://html.spec.whatwg.org/multipage/webappapis.html#promiserejectionevent> */
class PromiseRejectionEvent extends Event {
  #promise: Promise<unknown>;
  #reason: unknown;

  // Node's own refuses to be made of nothing.
  constructor(...args: [type: string, init: PromiseRejectionEventInit]) {
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
    Object.defineProperty(PromiseRejectionEvent, "length", { value: 1 });
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
  #wasClean: boolean;
  #code: number;
  #reason: string;

  constructor(...args: [type: string, init?: CloseEventInit]) {
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

/** <https://html.spec.whatwg.org/multipage/webappapis.html#the-errorevent-interface> */
class ErrorEvent extends Event {
  #init: ErrorEventInit;

  constructor(...args: [type: string, init?: ErrorEventInit]) {
    super(...args);
    this.#init = args[1] ?? {};
  }

  static {
    Object.defineProperty(ErrorEvent, "length", { value: 1 });
  }

  get message() {
    return String(this.#init.message ?? "");
  }

  get filename() {
    return String(this.#init.filename ?? "");
  }

  get lineno() {
    return Number(this.#init.lineno ?? 0) >>> 0;
  }

  get colno() {
    return Number(this.#init.colno ?? 0) >>> 0;
  }

  get error() {
    return this.#init.error;
  }
}

configure(PromiseRejectionEvent, CloseEvent, ErrorEvent);

export { CloseEvent, configure, ErrorEvent, PromiseRejectionEvent };
