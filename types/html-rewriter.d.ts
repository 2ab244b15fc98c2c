// `miniflare-rs/html-rewriter`, which replaces `@miniflare/html-rewriter`.

import type { Response } from "../index";

/** How inserted text is to be understood. */
export interface ContentOptions {
  /** `true` inserts the text as HTML. Default: `false`, which escapes `<`, `>` and `&`. */
  html?: boolean;
}

/**
 * What can be inserted: text, or the bytes of a stream or of a response's body in UTF-8, which are read when the output
 * has come to their place. Other values are converted to a string.
 */
export type Content = string | ReadableStream | Response;

/**
 * An element's start tag, and what is between it and its end tag.
 *
 * As every token, it is valid until its handler has returned, or until the handler's promise has settled. Later, each
 * property and method throws a `TypeError`. Methods that change something return the token.
 */
export interface Element {
  /**
   * The name in lower case. Setting it changes both tags.
   *
   * @throws {TypeError} for a name that no tag can have
   */
  tagName: string;
  /** A new iterator of the attributes: names in lower case, values as they are in the document. */
  readonly attributes: IterableIterator<[name: string, value: string]>;
  /** Whether the element is left out of the output. */
  readonly removed: boolean;
  /** The namespace: that of HTML, SVG or MathML. */
  readonly namespaceURI: string;
  /** Returns the value of an attribute, or null. */
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  /**
   * Sets the value of an attribute, which is added if it is not there.
   *
   * @throws {TypeError} for a name that no attribute can have
   */
  setAttribute(name: string, value: string): this;
  removeAttribute(name: string): this;
  /** Inserts content before the start tag. */
  before(content: Content, options?: ContentOptions): this;
  /** Inserts content after the end tag. */
  after(content: Content, options?: ContentOptions): this;
  /** Inserts content after the start tag. */
  prepend(content: Content, options?: ContentOptions): this;
  /** Inserts content before the end tag. */
  append(content: Content, options?: ContentOptions): this;
  /** Replaces the element and what it contains. */
  replace(content: Content, options?: ContentOptions): this;
  /** Replaces what the element contains. */
  setInnerContent(content: Content, options?: ContentOptions): this;
  /** Removes the element and what it contains. */
  remove(): this;
  /** Removes the two tags of the element. */
  removeAndKeepContent(): this;
  /**
   * Sets the handler of the element's end tag. It replaces one that was set before, and is called with the element for
   * its `this`.
   *
   * @throws {TypeError} if the element has no end tag, as `br` has none
   */
  onEndTag(handler: (this: Element, endTag: EndTag) => void | Promise<void>): void;
}

/** The end tag of an element. If the element is closed by the end tag of another one, it is that tag. */
export interface EndTag {
  /** The name in lower case. */
  name: string;
  before(content: Content, options?: ContentOptions): this;
  after(content: Content, options?: ContentOptions): this;
  remove(): this;
}

export interface Comment {
  /**
   * The text between `<!--` and `-->`.
   *
   * @throws {TypeError} if it is set to a text that would end the comment
   */
  text: string;
  readonly removed: boolean;
  before(content: string, options?: ContentOptions): this;
  after(content: string, options?: ContentOptions): this;
  replace(content: string, options?: ContentOptions): this;
  remove(): this;
}

/** A part of a text. A text comes in one or more parts, according to the chunks of the document. */
export interface TextChunk {
  /** The part, with character references as they are in the document. */
  readonly text: string;
  /** Whether this part ends the text. It may be empty. */
  readonly lastInTextNode: boolean;
  readonly removed: boolean;
  before(content: Content, options?: ContentOptions): this;
  after(content: Content, options?: ContentOptions): this;
  replace(content: Content, options?: ContentOptions): this;
  remove(): this;
}

export interface Doctype {
  readonly name: string | null;
  readonly publicId: string | null;
  readonly systemId: string | null;
}

export interface DocumentEnd {
  /** Inserts content at the end of the document. */
  append(content: string, options?: ContentOptions): this;
}

/** Handlers of the elements that a selector matches. Parsing goes on when the promise of a handler has resolved. */
export interface ElementHandlers {
  element?(element: Element): void | Promise<void>;
  /** Called for comments anywhere in a matching element. */
  comments?(comment: Comment): void | Promise<void>;
  /** Called for text anywhere in a matching element. */
  text?(text: TextChunk): void | Promise<void>;
}

/** Handlers of the whole document, called after those of elements. */
export interface DocumentHandlers {
  doctype?(doctype: Doctype): void | Promise<void>;
  comments?(comment: Comment): void | Promise<void>;
  text?(text: TextChunk): void | Promise<void>;
  end?(end: DocumentEnd): void | Promise<void>;
}

/** Rewrites HTML while it is read: the class that workers have as a global. It can be used any number of times. */
export class HTMLRewriter {
  /**
   * Adds handlers for the elements that a selector matches, and for what is in them. Handlers are called with their object
   * for `this`.
   *
   * @param selector a CSS selector; reading the result rejects with a `TypeError` if it is invalid or not supported
   */
  on(selector: string, handlers: ElementHandlers): this;
  /** Adds handlers for the whole document. */
  onDocument(handlers: DocumentHandlers): this;
  /**
   * Returns a response with the rewritten body of `response`, its status and its headers, except for `Content-Length`. The
   * body is rewritten while the result is read. It is read in the encoding that `Content-Type` names, by default UTF-8.
   * What a handler throws, or rejects with, is what reading the result rejects with. The parser of one document holds up
   * to 3 MiB, as in Workers: a longer tag, or deeper elements, are a `TypeError`.
   *
   * @throws {TypeError} if `response` is not a response, or its body is locked
   */
  transform(response: globalThis.Response | Response): Response;
}

/** Has `rewriter` treat `esi:include` as an element without content, as the compatibility flag does, and returns it. */
export function withEnableEsiTags(rewriter: HTMLRewriter): HTMLRewriter;

/** A name for `MiniflareCore`. It cannot be constructed. */
export class HTMLRewriterPlugin {
  private constructor();
}
