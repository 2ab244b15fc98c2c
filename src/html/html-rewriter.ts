// `HTMLRewriter`: what users call, in the worker and in Node, each over a backend of its own.
//
// A document is rewritten while its result is read. The parser (`rewriter.rs`) is driven from here, step by step: it says
// which handler is due, and goes on when this has called it, and has awaited its promise.

import { HTML_STEP } from "../protocol.ts";
import type * as contract from "../../types/html-rewriter.d.ts";
import type { Call, EndHandler, HTMLBackend, HTMLSource, Work } from "./backend.ts";
import { Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk } from "./tokens.ts";

const { COMMENT, CONTENT, DOCTYPE, DOCUMENT_END, DONE, ELEMENT, END_TAG, FAILED, HUNGRY, TEXT } = HTML_STEP;

/** A step is a kind in its first bits, and a number. */
const KIND_BITS = 4;
const KINDS = 15;
/** The parser gets the document in pieces of so many bytes at most: between two of them others have their turn. */
const PIECE = 128 * 1024;

const ELEMENT_HANDLERS = { element: ELEMENT, comments: COMMENT, text: TEXT };
const DOCUMENT_HANDLERS = { doctype: DOCTYPE, comments: COMMENT, text: TEXT, end: DOCUMENT_END };
const TOKENS: (new (call: Call) => object)[] = [];
TOKENS[ELEMENT] = Element;
TOKENS[COMMENT] = Comment;
TOKENS[TEXT] = TextChunk;
TOKENS[DOCTYPE] = Doctype;
TOKENS[DOCUMENT_END] = DocumentEnd;
TOKENS[END_TAG] = EndTag;

/** After so many turns of the microtasks, the promise of a function that awaits nothing has settled. */
const SOON = 4;

/** Handlers as they were given: of a selector, or of the whole document. */
interface Registration {
  selector: string | null;
  handlers: Record<string, unknown>;
}
interface Options {
  charset: string;
  esi: boolean;
}
type Rewritten = ReturnType<contract.HTMLRewriter["transform"]>;
type Handler = (this: unknown, token: object) => unknown;
/** What has the parser go on, and returns the next step. */
type Next = () => number;
interface Wait {
  promise: Promise<Next>;
  isSettled: boolean;
}

const EMPTY = new Uint8Array(0);

/**
 * The class, over a backend, and `enableEsi(rewriter)`, which has one take `esi:include` for an element without content.
 */
function createHTMLRewriter<Native, Context>(backend: HTMLBackend<Native, Context>) {
  let enableEsi!: (rewriter: contract.HTMLRewriter) => contract.HTMLRewriter;

  class HTMLRewriter implements contract.HTMLRewriter {
    #registrations: Registration[] = [];
    #esi = backend.esi();

    static {
      enableEsi = (rewriter) => {
        (rewriter as HTMLRewriter).#esi = true;
        return rewriter;
      };
    }

    on(selector: string, handlers: contract.ElementHandlers) {
      this.#registrations.push({ selector: String(selector), handlers: handlers as Registration["handlers"] });
      return this;
    }

    onDocument(handlers: contract.DocumentHandlers) {
      this.#registrations.push({ selector: null, handlers: handlers as Registration["handlers"] });
      return this;
    }

    transform(response: Response): Rewritten {
      const body = backend.bodyOf(response);
      if (body === null) return backend.respond(null, response) as Rewritten;
      const options = { charset: charsetOf(response.headers), esi: this.#esi };
      const rewriting = new Rewriting(backend, this.#registrations.slice(), options, backend.sourceOf(body));
      const rewritten = backend.respond(backend.streamFrom(rewriting), response);
      rewritten.headers.delete("Content-Length");
      return rewritten as Rewritten;
    }
  }

  return { HTMLRewriter, enableEsi };
}

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/i;

function charsetOf(headers: Headers) {
  const [, quoted, plain] = CHARSET.exec(headers.get("Content-Type") ?? "") ?? [];
  return quoted || plain || "utf-8";
}

/** One document on its way: a source of the bytes of the result. What tokens need of it is here too (`tokens.ts`). */
class Rewriting<Native, Context> implements HTMLSource, Work {
  readonly backend: HTMLBackend<Native, Context>;
  native: Native | undefined;
  readonly ends = new Map<number, EndHandler>();
  readonly contents = new Map<number, HTMLSource>();
  #registrations: Registration[];
  #options: Options;
  #source: HTMLSource;
  /** Handlers by step, and what they are called on by the number of the registration. */
  #handlers: Handler[] = [];
  #receivers: object[] = [];
  /** The call of a handler that is under way. */
  #call: Call | undefined;
  #isClosed = false;
  #output = this.#rewrite();
  #context: Context;

  constructor(
    backend: HTMLBackend<Native, Context>,
    registrations: Registration[],
    options: Options,
    source: HTMLSource,
  ) {
    this.backend = backend;
    this.#registrations = registrations;
    this.#options = options;
    this.#source = source;
    this.#context = backend.context();
  }

  /** The next bytes of the result; null after the last. */
  async pull(): Promise<Uint8Array | null> {
    const { value } = await this.backend.enter(this.#context, () => this.#output.next());
    return value ?? null;
  }

  /** The reader has lost interest, whatever is under way. */
  cancel(reason?: unknown) {
    this.#close();
    return this.#source.cancel(reason);
  }

  async *#rewrite(): AsyncGenerator<Uint8Array, undefined> {
    try {
      this.#open();
      for (;;) {
        const chunk = await this.#source.pull();
        if (this.#isClosed) return undefined;
        for (let start = 0; start < (chunk?.byteLength ?? 1); start += PIECE) {
          if (this.backend.isTired()) await this.backend.rest();
          if (this.#isClosed) return undefined;
          let wait = this.#advance(this.#feed(chunk, start));
          while (wait !== undefined) {
            for (let tick = 0; tick < SOON && !wait.isSettled; tick++) await undefined;
            // What is there already does not wait for a handler that takes its time.
            const output = wait.isSettled ? EMPTY : this.#take();
            if (output.byteLength > 0) yield output;
            const step = await wait.promise;
            if (this.#isClosed) return undefined;
            wait = this.#advance(step());
          }
          if (this.#isClosed) return undefined;
          const output = this.#take();
          if (output.byteLength > 0) yield output;
        }
        if (chunk !== null) continue;
        this.#close();
        return undefined;
      }
    } catch (error) {
      if (this.#isClosed) return undefined;
      const output = this.#take();
      this.#close();
      ignore(this.#source.cancel(error));
      if (output.byteLength > 0) yield output;
      throw error;
    }
  }

  #open() {
    const plan: (string | number | null)[] = [];
    for (const [number, { selector, handlers }] of this.#registrations.entries()) {
      const names = selector === null ? DOCUMENT_HANDLERS : ELEMENT_HANDLERS;
      let kinds = 0;
      for (const [name, kind] of Object.entries(names)) {
        const handler = handlers[name];
        if (handler === undefined || handler === null) continue;
        if (typeof handler !== "function") {
          throw new TypeError(
            `The handler "${name}" of ${described(selector)} must be a function, got ${typeof handler}`,
          );
        }
        this.#handlers[(number << KIND_BITS) | kind] = handler as Handler;
        kinds |= 1 << kind;
      }
      this.#receivers.push(handlers);
      plan.push(selector, kinds);
    }
    this.native = this.backend.open(plan, this.#options.charset, this.#options.esi, this);
  }

  /** Has the parser go on with a piece of a chunk, or with the end of the document. */
  #feed(chunk: Uint8Array | null, start: number) {
    const { backend } = this;
    const native = this.native as Native;
    return chunk === null ? backend.end(native) : backend.write(native, chunk.subarray(start, start + PIECE));
  }

  /** Calls handlers as long as none has to be waited for; if one has, returns the wait for what has the parser go on. */
  #advance(step: number): Wait | undefined {
    const { backend } = this;
    const native = this.native as Native;
    for (;;) {
      const kind = step & KINDS;
      if (kind === HUNGRY || kind === DONE) return undefined;
      if (kind === FAILED) throw new TypeError(`Parser error: ${backend.failure(native)}`);
      if (kind === CONTENT) return waitFor(this.#content(step >>> KIND_BITS));
      const result = this.#handle(kind, step);
      if (this.#isClosed) return undefined;
      if (isThenable(result)) {
        return waitFor(Promise.resolve(result).then(() => () => this.#go()));
      }
      step = this.#go();
    }
  }

  #handle(kind: number, step: number): unknown {
    const call = (this.#call = { work: this });
    const token = new TOKENS[kind](call);
    const number = step >>> KIND_BITS;
    if (kind !== END_TAG) return Reflect.apply(this.#handlers[step], this.#receivers[number], [token]);
    const { handler, receiver } = this.ends.get(number) as EndHandler;
    this.ends.delete(number);
    return Reflect.apply(handler, receiver, [token]);
  }

  /** The handler is done. */
  #go() {
    this.#release();
    return this.backend.go(this.native as Native);
  }

  #release() {
    if (this.#call !== undefined) this.#call.work = undefined;
    this.#call = undefined;
  }

  /** Reads the next piece of content that is inserted. */
  async #content(number: number): Promise<Next> {
    const { backend } = this;
    const native = this.native as Native;
    const piece = await (this.contents.get(number) as HTMLSource).pull();
    if (piece !== null) return () => backend.content(native, piece);
    this.contents.delete(number);
    return () => backend.contentEnd(native);
  }

  #take() {
    return this.native === undefined ? EMPTY : this.backend.output(this.native);
  }

  #close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#release();
    this.ends.clear();
    if (this.native !== undefined) this.backend.close(this.native, this);
    for (const content of this.contents.values()) ignore(content.cancel());
    this.contents.clear();
  }
}

const isThenable = (value: unknown) =>
  typeof value === "object" && value !== null && typeof (value as Partial<PromiseLike<unknown>>).then === "function";

const described = (selector: string | null) =>
  selector === null ? "the document" : `the selector ${JSON.stringify(selector)}`;

/** A promise, which may reject before anyone awaits it, and whether it has settled. */
function waitFor(promise: Promise<Next>): Wait {
  const wait = { promise, isSettled: false };
  const settle = () => {
    wait.isSettled = true;
  };
  promise.then(settle, settle);
  return wait;
}

function ignore(promise: unknown) {
  Promise.resolve(promise).catch(() => {});
}

const tokens = [Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk];

export { createHTMLRewriter, tokens };
