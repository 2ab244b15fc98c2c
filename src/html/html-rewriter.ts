// `HTMLRewriter`: what users call, in the worker and in Node, each over a backend of its own.
//
// A document is rewritten while its result is read. The parser (`rewriter.rs`) is driven from here, step by step: it says
// which handler is due, and goes on when this has called it, and has awaited its promise.

import { HTML_STEP } from "../protocol.ts";
import { Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk } from "./tokens.ts";

import type * as contract from "../../types/html-rewriter.d.ts";
import type { Call, EndHandler, Tokens, Work } from "./tokens.ts";

/** Where the bytes of a document, or of content that is inserted, come from. */
interface HTMLSource {
  /** The next chunk; null after the last. */
  pull(): Promise<Uint8Array | null>;
  cancel(reason?: unknown): Promise<void> | void;
}

/** The parser of one document, as the realm has it. Steps are those of `HTML_STEP`, with a number above the kind. */
interface HTMLParser<Native> extends Tokens<Native> {
  /**
   * @param handlers selectors and kinds of handlers by turns: null for the whole document, and a bit per kind
   * @param charset the label of an encoding
   * @param esi whether `esi:include` is an element without content
   * @param owner the object whose collection closes the parser, unless it is closed before
   */
  open(handlers: (string | number | null)[], charset: string, esi: boolean, owner: object): Native;
  write(native: Native, piece: Uint8Array): number;
  end(native: Native): number;
  go(native: Native): number;
  content(native: Native, piece: Uint8Array): number;
  contentEnd(native: Native): number;
  output(native: Native): Uint8Array;
  failure(native: Native): string;
  close(native: Native, owner: object): void;
}

interface HTMLBackend<Native, Context> extends HTMLParser<Native> {
  /** Whether `esi:include` is an element without content. */
  esi(): boolean;
  /** The body of a response. Throws for what is no response. */
  bodyOf(response: unknown): ReadableStream | null;
  /** A response with another body. */
  respond(body: ReadableStream | null, response: unknown): Response;
  /** The stream of a stream or a response; undefined for anything else. */
  contentOf(content: object): ReadableStream | undefined;
  sourceOf(stream: ReadableStream): HTMLSource;
  streamFrom(source: HTMLSource): ReadableStream;
  /** What handlers are called in: that of the code that runs, and work in one. */
  context(): Context;
  enter<Result>(context: Context, work: () => Result): Result;
  /** Whether others should have a turn before the next piece, and a promise of that. */
  isTired(): boolean;
  rest(): Promise<void>;
}

/** What a realm makes of its backend. */
interface Rewriters {
  HTMLRewriter: typeof contract.HTMLRewriter;
  /** Has a rewriter take `esi:include` for an element without content, and returns it. */
  enableEsi(rewriter: contract.HTMLRewriter): contract.HTMLRewriter;
}

type Handler = (token: object) => unknown;
/** Handlers as they are given, of which nothing is certain. */
type Handlers = Record<string, unknown>;
interface Registration {
  /** Null for the whole document. */
  selector: string | null;
  handlers: Handlers;
}
interface Options {
  charset: string;
  esi: boolean;
}
/** What the parser goes on with, and the step that it comes to. */
type Next = () => number;
type AnyBackend = HTMLBackend<unknown, unknown>;

const { COMMENT, CONTENT, DOCTYPE, DOCUMENT_END, DONE, ELEMENT, END_TAG, FAILED, HUNGRY, TEXT } = HTML_STEP;

/** A step is a kind in its first bits, and a number. */
const KIND_BITS = 4;
const KINDS = 15;
/** The parser gets the document in pieces of so many bytes at most: between two of them others have their turn. */
const PIECE = 128 * 1024;

const ELEMENT_HANDLERS: Record<string, number> = { element: ELEMENT, comments: COMMENT, text: TEXT };
const DOCUMENT_HANDLERS: Record<string, number> = {
  doctype: DOCTYPE,
  comments: COMMENT,
  text: TEXT,
  end: DOCUMENT_END,
};
const TOKENS: (new (call: Call) => object)[] = [];
TOKENS[ELEMENT] = Element;
TOKENS[COMMENT] = Comment;
TOKENS[TEXT] = TextChunk;
TOKENS[DOCTYPE] = Doctype;
TOKENS[DOCUMENT_END] = DocumentEnd;
TOKENS[END_TAG] = EndTag;

const EMPTY = new Uint8Array(0);

/**
 * The class, over a backend, and `enableEsi(rewriter)`, which has one take `esi:include` for an element without content.
 */
function createHTMLRewriter<Native, Context>(backend: HTMLBackend<Native, Context>): Rewriters {
  let enableEsi!: (rewriter: HTMLRewriter) => HTMLRewriter;

  class HTMLRewriter {
    #registrations: Registration[] = [];
    #esi = backend.esi();

    static {
      enableEsi = (rewriter) => {
        rewriter.#esi = true;
        return rewriter;
      };
    }

    on(selector: string, handlers: object) {
      this.#registrations.push({ selector: String(selector), handlers: handlers as Handlers });
      return this;
    }

    onDocument(handlers: object) {
      this.#registrations.push({ selector: null, handlers: handlers as Handlers });
      return this;
    }

    transform(response: Response) {
      const body = backend.bodyOf(response);
      if (body === null) return backend.respond(null, response);
      const options = { charset: charsetOf(response.headers), esi: this.#esi };
      const rewriting = new Rewriting(
        backend as AnyBackend,
        this.#registrations.slice(),
        options,
        backend.sourceOf(body),
      );
      const rewritten = backend.respond(backend.streamFrom(rewriting), response);
      rewritten.headers.delete("Content-Length");
      return rewritten;
    }
  }

  return { HTMLRewriter, enableEsi } as unknown as Rewriters;
}

const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]*))/i;

function charsetOf(headers: Headers) {
  const [, quoted, plain] = CHARSET.exec(headers.get("Content-Type") ?? "") ?? [];
  return quoted || plain || "utf-8";
}

/** One document on its way: a source of the bytes of the result. What tokens need of it is here too (`tokens.ts`). */
class Rewriting implements Work {
  backend: AnyBackend;
  /** The parser, once there is something to parse. */
  native: unknown;
  /** Handlers of end tags and what they are called on, by number. */
  ends: Work["ends"] = new Map();
  #registrations: Registration[];
  #options: Options;
  #source: HTMLSource;
  /** Handlers by step, and what they are called on by the number of the registration. */
  #handlers: Handler[] = [];
  #receivers: object[] = [];
  /** What content comes of that is inserted in pieces, by number. */
  #contents = new Map<number, HTMLSource>();
  /** The call of a handler that is under way. */
  #call: Call | undefined;
  #isClosed = false;
  #output = this.#rewrite();
  #context: unknown;

  constructor(backend: AnyBackend, registrations: Registration[], options: Options, source: HTMLSource) {
    this.backend = backend;
    this.#registrations = registrations;
    this.#options = options;
    this.#source = source;
    this.#context = backend.context();
  }

  /** The next bytes of the result; null after the last. */
  async pull() {
    const { value } = await this.backend.enter(this.#context, () => this.#output.next());
    return value ?? null;
  }

  /** The reader has lost interest, whatever is under way. */
  cancel(reason?: unknown) {
    this.#close();
    return this.#source.cancel(reason);
  }

  addStream(number: number, stream: ReadableStream) {
    this.#contents.set(number, this.backend.sourceOf(stream));
  }

  async *#rewrite(): AsyncGenerator<Uint8Array, void> {
    try {
      this.#open();
      for (;;) {
        const chunk = await this.#source.pull();
        if (this.#isClosed) return;
        for (let start = 0; start < (chunk?.byteLength ?? 1); start += PIECE) {
          if (this.backend.isTired()) await this.backend.rest();
          if (this.#isClosed) return;
          let wait = this.#advance(this.#feed(chunk, start));
          while (wait !== undefined) {
            // What is there already does not wait for a handler.
            const output = this.#take();
            if (output.byteLength > 0) yield output;
            const step = await wait;
            if (this.#isClosed) return;
            wait = this.#advance(step());
          }
          if (this.#isClosed) return;
          const output = this.#take();
          if (output.byteLength > 0) yield output;
        }
        if (chunk === null) return this.#close();
      }
    } catch (error) {
      if (this.#isClosed) return;
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
    const { backend, native } = this;
    return chunk === null ? backend.end(native) : backend.write(native, chunk.subarray(start, start + PIECE));
  }

  /** Calls handlers as long as none has to be waited for. Returns a promise of what goes on then, if one has. */
  #advance(step: number): Promise<Next> | undefined {
    const { backend, native } = this;
    for (;;) {
      const kind = step & KINDS;
      if (kind === HUNGRY || kind === DONE) return undefined;
      if (kind === FAILED) throw new TypeError(`Parser error: ${backend.failure(native)}`);
      if (kind === CONTENT) return awaitedLater(this.#content(step >>> KIND_BITS));
      const result = this.#handle(kind, step);
      if (this.#isClosed) return undefined;
      if (
        typeof result === "object" &&
        result !== null &&
        typeof (result as Partial<Promise<unknown>>).then === "function"
      ) {
        return awaitedLater(Promise.resolve(result).then(() => () => this.#go()));
      }
      step = this.#go();
    }
  }

  #handle(kind: number, step: number): unknown {
    const call: Call = (this.#call = { work: this });
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
    return this.backend.go(this.native);
  }

  #release() {
    if (this.#call !== undefined) this.#call.work = undefined;
    this.#call = undefined;
  }

  /** Reads the next piece of content that is inserted. */
  async #content(number: number): Promise<Next> {
    const { backend, native } = this;
    const piece = await (this.#contents.get(number) as HTMLSource).pull();
    if (piece !== null) return () => backend.content(native, piece);
    this.#contents.delete(number);
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
    for (const content of this.#contents.values()) ignore(content.cancel());
    this.#contents.clear();
  }
}

const described = (selector: string | null) =>
  selector === null ? "the document" : `the selector ${JSON.stringify(selector)}`;

/** The promise itself. It may reject before anyone waits for it. */
function awaitedLater<Result>(promise: Promise<Result>) {
  ignore(promise);
  return promise;
}

function ignore(promise: unknown) {
  Promise.resolve(promise).catch(() => {});
}

const tokens = [Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk];

export { createHTMLRewriter, tokens };
export type { HTMLBackend, HTMLParser, HTMLSource };
