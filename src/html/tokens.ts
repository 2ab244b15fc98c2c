// The tokens that handlers get: views of what the parser has come to, and waits with until the handler is done.
//
// A token is over a call of its handler, whose `work` is taken away when the handler is done.

import { HTML_FLAG, HTML_PLACE, HTML_TEXT } from "../protocol.ts";

/** What tokens ask of the parser of a document. */
export interface Tokens<Native> {
  text(native: Native, which: number): string | null;
  /** Why it is refused, if it is; so do the others. */
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

/** A handler of an end tag, and what it is called on. */
export interface EndHandler {
  handler: (token: object) => unknown;
  receiver: object;
}

/** The document that is under way. */
export interface Work {
  readonly backend: Tokens<unknown> & { contentOf(content: object): ReadableStream | undefined };
  readonly native: unknown;
  /** By number. */
  readonly ends: Map<number, EndHandler>;
  addStream(number: number, stream: ReadableStream): void;
}

/** A call of a handler; its work is there until the handler is done. */
export interface Call {
  work: Work | undefined;
}

type InsertOptions = { html?: unknown } | null | undefined;

const { LAST_IN_TEXT_NODE, REMOVED } = HTML_FLAG;
const { AFTER, APPEND, BEFORE, INNER, PREPEND, REPLACE } = HTML_PLACE;
const { NAME, NAMESPACE, PUBLIC_ID, SYSTEM_ID, TEXT } = HTML_TEXT;

const INVALID =
  "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.";
const NO_STREAM =
  "Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.";

class Element {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get tagName(): string | null {
    return textOf(this.#call, NAME);
  }

  set tagName(name: unknown) {
    setText(this.#call, name);
  }

  get namespaceURI() {
    return textOf(this.#call, NAMESPACE);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  /** A new iterator of names and values. */
  get attributes(): IterableIterator<string[]> {
    const { backend, native } = live(this.#call);
    const flat = backend.attributes(native);
    const pairs: string[][] = [];
    for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index], flat[index + 1]]);
    return pairs.values();
  }

  getAttribute(name: unknown) {
    const { backend, native } = live(this.#call);
    return backend.attribute(native, String(name)) ?? null;
  }

  hasAttribute(name: unknown) {
    const { backend, native } = live(this.#call);
    return backend.hasAttribute(native, String(name));
  }

  setAttribute(name: unknown, value: unknown) {
    const { backend, native } = live(this.#call);
    accept(backend.setAttribute(native, String(name), String(value)));
    return this;
  }

  removeAttribute(name: unknown) {
    const { backend, native } = live(this.#call);
    backend.removeAttribute(native, String(name));
    return this;
  }

  before(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  prepend(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, PREPEND, content, options);
    return this;
  }

  append(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, APPEND, content, options);
    return this;
  }

  replace(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  setInnerContent(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, INNER, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }

  removeAndKeepContent() {
    remove(this.#call, true);
    return this;
  }

  /** The last handler that an element is given counts. */
  onEndTag(handler: unknown) {
    const { backend, native, ends } = live(this.#call);
    if (typeof handler !== "function") {
      throw new TypeError(`onEndTag() takes a function, got ${handler === null ? "null" : typeof handler}`);
    }
    const number = backend.onEndTag(native);
    if (number < 0) throw new TypeError("Parser error: No end tag.");
    ends.set(number, { handler: handler as EndHandler["handler"], receiver: this });
  }
}

class EndTag {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get name(): string | null {
    return textOf(this.#call, NAME);
  }

  set name(name: unknown) {
    setText(this.#call, name);
  }

  before(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Comment {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get text(): string | null {
    return textOf(this.#call, TEXT);
  }

  set text(text: unknown) {
    setText(this.#call, text);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  before(content: unknown, options: InsertOptions = undefined) {
    insertText(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: unknown, options: InsertOptions = undefined) {
    insertText(this.#call, AFTER, content, options);
    return this;
  }

  replace(content: unknown, options: InsertOptions = undefined) {
    insertText(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class TextChunk {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get text() {
    return textOf(this.#call, TEXT);
  }

  get lastInTextNode() {
    return flagOf(this.#call, LAST_IN_TEXT_NODE);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  before(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  replace(content: unknown, options: InsertOptions = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Doctype {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get name() {
    return textOf(this.#call, NAME);
  }

  get publicId() {
    return textOf(this.#call, PUBLIC_ID);
  }

  get systemId() {
    return textOf(this.#call, SYSTEM_ID);
  }
}

class DocumentEnd {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  append(content: unknown, options: InsertOptions = undefined) {
    insertText(this.#call, APPEND, content, options);
    return this;
  }
}

function live(call: Call | undefined) {
  const work = call?.work;
  if (work === undefined) throw new TypeError(INVALID);
  return work;
}

function textOf(call: Call, which: number) {
  const { backend, native } = live(call);
  return backend.text(native, which) ?? null;
}

function flagOf(call: Call, which: number) {
  const { backend, native } = live(call);
  return backend.flag(native, which);
}

function setText(call: Call, text: unknown) {
  const { backend, native } = live(call);
  accept(backend.setText(native, String(text)));
}

function remove(call: Call, keepContent: boolean) {
  const { backend, native } = live(call);
  backend.remove(native, keepContent);
}

/** Throws why something was refused. */
function accept(refusal: string | null | undefined) {
  if (typeof refusal === "string") throw new TypeError(`Parser error: ${refusal}`);
}

const isHtml = (options: InsertOptions) => Boolean(options?.html);

/** Inserts a text, or what comes of a stream or of the body of a response. */
function insert(call: Call, place: number, content: unknown, options: InsertOptions) {
  const work = live(call);
  const { backend, native } = work;
  const stream = typeof content === "object" && content !== null ? backend.contentOf(content) : undefined;
  if (stream === undefined) return backend.insert(native, place, String(content), isHtml(options));
  const number = backend.insertStream(native, place, isHtml(options));
  return work.addStream(number, stream);
}

function insertText(call: Call, place: number, content: unknown, options: InsertOptions) {
  const { backend, native } = live(call);
  if (typeof content === "object" && content !== null && backend.contentOf(content) !== undefined) {
    throw new TypeError(NO_STREAM);
  }
  backend.insert(native, place, String(content), isHtml(options));
}

export { Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk };
