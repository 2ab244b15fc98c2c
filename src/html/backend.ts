// What a rewriter is over: the parser, and what the realm has around it.

/** Where the bytes of a document, or of content that is inserted, come from. */
interface HTMLSource {
  /** The next chunk; null after the last. */
  pull(): Promise<Uint8Array | null>;
  cancel(reason?: unknown): Promise<void> | void;
}

/** The parser of one document, as the realm has it. Steps are those of `HTML_STEP`, with a number above the kind. */
interface HTMLParser<Native> {
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
  text(native: Native, which: number): string | null;
  /** Why it is refused, as below. */
  setText(native: Native, text: string): string | null;
  flag(native: Native, which: number): boolean;
  attribute(native: Native, name: string): string | null;
  hasAttribute(native: Native, name: string): boolean;
  attributes(native: Native): string[];
  setAttribute(native: Native, name: string, value: string): string | null;
  removeAttribute(native: Native, name: string): void;
  insert(native: Native, place: number, text: string, html: boolean): void;
  insertStream(native: Native, place: number, html: boolean): number;
  remove(native: Native, keepContent: boolean): void;
  onEndTag(native: Native): number;
}

interface HTMLBackend<Native, Context> extends HTMLParser<Native> {
  /** Whether `esi:include` is an element without content. */
  esi(): boolean;
  /** The body of a response. Throws for a value that is not a response. */
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

/** The handler of an end tag, and what it is called on. */
interface EndHandler {
  handler: (this: unknown, tag: object) => unknown;
  receiver: object;
}

/** What tokens need of a document on its way (`html-rewriter.ts`). */
interface Work {
  readonly backend: HTMLBackend<unknown, unknown>;
  /** The parser, once there is something to parse. */
  native: unknown;
  /** By the numbers that the parser asks for them by. */
  readonly ends: Map<number, EndHandler>;
  /** What content comes of that is inserted in pieces. */
  readonly contents: Map<number, HTMLSource>;
}

/** The call of a handler; its work is taken away when the handler is done. */
interface Call {
  work: Work | undefined;
}

export type { Call, EndHandler, HTMLBackend, HTMLParser, HTMLSource, Work };
