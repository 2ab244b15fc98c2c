// The tokens that handlers get: views of what the parser has come to, and waits with until the handler is done.
//
// A token is over a call of its handler, which lends it the work of the rewriter until the handler is done (`backend.ts`).

import { HTML_FLAG, HTML_PLACE, HTML_TEXT } from "../protocol.ts";
import type * as contract from "../../types/html-rewriter.d.ts";
import type { Call, EndHandler, Work } from "./backend.ts";

const { LAST_IN_TEXT_NODE, REMOVED } = HTML_FLAG;
const { AFTER, APPEND, BEFORE, INNER, PREPEND, REPLACE } = HTML_PLACE;
const { NAME, NAMESPACE, PUBLIC_ID, SYSTEM_ID, TEXT } = HTML_TEXT;

type Options = contract.ContentOptions | null | undefined;

const INVALID =
  "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.";
const NO_STREAM =
  "Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.";

class Element implements contract.Element {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get tagName() {
    return nameOf(this.#call, NAME);
  }

  set tagName(name: string) {
    setText(this.#call, name);
  }

  get namespaceURI() {
    return nameOf(this.#call, NAMESPACE);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  /** A new iterator of names and values. */
  get attributes(): IterableIterator<[string, string]> {
    const { backend, native } = live(this.#call);
    const flat = backend.attributes(native);
    const pairs: [string, string][] = [];
    for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index], flat[index + 1]]);
    return pairs.values();
  }

  getAttribute(name: string) {
    const { backend, native } = live(this.#call);
    return backend.attribute(native, String(name)) ?? null;
  }

  hasAttribute(name: string) {
    const { backend, native } = live(this.#call);
    return backend.hasAttribute(native, String(name));
  }

  setAttribute(name: string, value: string) {
    const { backend, native } = live(this.#call);
    accept(backend.setAttribute(native, String(name), String(value)));
    return this;
  }

  removeAttribute(name: string) {
    const { backend, native } = live(this.#call);
    backend.removeAttribute(native, String(name));
    return this;
  }

  before(content: contract.Content, options: Options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: contract.Content, options: Options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  prepend(content: contract.Content, options: Options = undefined) {
    insert(this.#call, PREPEND, content, options);
    return this;
  }

  append(content: contract.Content, options: Options = undefined) {
    insert(this.#call, APPEND, content, options);
    return this;
  }

  replace(content: contract.Content, options: Options = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  setInnerContent(content: contract.Content, options: Options = undefined) {
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
  onEndTag(handler: (this: contract.Element, tag: contract.EndTag) => void | Promise<void>) {
    const { backend, native, ends } = live(this.#call);
    if (typeof handler !== "function") {
      throw new TypeError(`onEndTag() takes a function, got ${handler === null ? "null" : typeof handler}`);
    }
    const number = backend.onEndTag(native);
    if (number < 0) throw new TypeError("Parser error: No end tag.");
    ends.set(number, { handler: handler as EndHandler["handler"], receiver: this });
  }
}

class EndTag implements contract.EndTag {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get name() {
    return nameOf(this.#call, NAME);
  }

  set name(name: string) {
    setText(this.#call, name);
  }

  before(content: contract.Content, options: Options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: contract.Content, options: Options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Comment implements contract.Comment {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get text() {
    return nameOf(this.#call, TEXT);
  }

  set text(text: string) {
    setText(this.#call, text);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  before(content: string, options: Options = undefined) {
    insertText(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: string, options: Options = undefined) {
    insertText(this.#call, AFTER, content, options);
    return this;
  }

  replace(content: string, options: Options = undefined) {
    insertText(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class TextChunk implements contract.TextChunk {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  get text() {
    return nameOf(this.#call, TEXT);
  }

  get lastInTextNode() {
    return flagOf(this.#call, LAST_IN_TEXT_NODE);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  before(content: contract.Content, options: Options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content: contract.Content, options: Options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  replace(content: contract.Content, options: Options = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Doctype implements contract.Doctype {
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

class DocumentEnd implements contract.DocumentEnd {
  #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  append(content: string, options: Options = undefined) {
    insertText(this.#call, APPEND, content, options);
    return this;
  }
}

function live(call: Call | undefined): Work {
  // A token that users have made has no call.
  const work = call?.work;
  if (work === undefined) throw new TypeError(INVALID);
  return work;
}

function textOf(call: Call, which: number): string | null {
  const { backend, native } = live(call);
  return backend.text(native, which) ?? null;
}

/** A text that every token of this kind has. */
const nameOf = (call: Call, which: number) => textOf(call, which) as string;

function flagOf(call: Call, which: number): boolean {
  const { backend, native } = live(call);
  return backend.flag(native, which);
}

function setText(call: Call, text: string) {
  const { backend, native } = live(call);
  accept(backend.setText(native, String(text)));
}

function remove(call: Call, keepContent: boolean) {
  const { backend, native } = live(call);
  backend.remove(native, keepContent);
}

/** Throws why something was refused. */
function accept(refusal: string | null) {
  if (typeof refusal === "string") throw new TypeError(`Parser error: ${refusal}`);
}

const isHtml = (options: Options) => Boolean(options?.html);

/** Inserts a text, or what comes of a stream or of the body of a response. */
function insert(call: Call, place: number, content: unknown, options: Options) {
  const { backend, native, contents } = live(call);
  const stream = typeof content === "object" && content !== null ? backend.contentOf(content) : undefined;
  if (stream === undefined) return backend.insert(native, place, String(content), isHtml(options));
  // A stream that is locked is refused before anything waits for it.
  const source = backend.sourceOf(stream);
  contents.set(backend.insertStream(native, place, isHtml(options)), source);
}

function insertText(call: Call, place: number, content: unknown, options: Options) {
  const { backend, native } = live(call);
  if (typeof content === "object" && content !== null && backend.contentOf(content) !== undefined) {
    throw new TypeError(NO_STREAM);
  }
  backend.insert(native, place, String(content), isHtml(options));
}

export { Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk };
