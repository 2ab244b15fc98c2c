// The tokens that handlers get: views of what the parser has come to, and waits with until the handler is done.
//
// A token is over a call of its handler, `{ work }`: `work` is taken away when the handler is done, and is `{ backend,
// native, ends, addStream(number, stream) }` until then (see `html-rewriter.js`).

import { HTML_FLAG, HTML_PLACE, HTML_TEXT } from "../protocol.ts";

const { LAST_IN_TEXT_NODE, REMOVED } = HTML_FLAG;
const { AFTER, APPEND, BEFORE, INNER, PREPEND, REPLACE } = HTML_PLACE;
const { NAME, NAMESPACE, PUBLIC_ID, SYSTEM_ID, TEXT } = HTML_TEXT;

const INVALID =
  "This content token is no longer valid. Content tokens are only valid during the execution of the relevant content handler.";
const NO_STREAM =
  "Replacing content in HTML comments using a ReadableStream or Response object is not implemented. You must provide a string.";

class Element {
  #call;

  constructor(call) {
    this.#call = call;
  }

  get tagName() {
    return textOf(this.#call, NAME);
  }

  set tagName(name) {
    setText(this.#call, name);
  }

  get namespaceURI() {
    return textOf(this.#call, NAMESPACE);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  /** A new iterator of names and values. */
  get attributes() {
    const { backend, native } = live(this.#call);
    const flat = backend.attributes(native);
    const pairs = [];
    for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index], flat[index + 1]]);
    return pairs.values();
  }

  getAttribute(name) {
    const { backend, native } = live(this.#call);
    return backend.attribute(native, String(name)) ?? null;
  }

  hasAttribute(name) {
    const { backend, native } = live(this.#call);
    return backend.hasAttribute(native, String(name));
  }

  setAttribute(name, value) {
    const { backend, native } = live(this.#call);
    accept(backend.setAttribute(native, String(name), String(value)));
    return this;
  }

  removeAttribute(name) {
    const { backend, native } = live(this.#call);
    backend.removeAttribute(native, String(name));
    return this;
  }

  before(content, options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content, options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  prepend(content, options = undefined) {
    insert(this.#call, PREPEND, content, options);
    return this;
  }

  append(content, options = undefined) {
    insert(this.#call, APPEND, content, options);
    return this;
  }

  replace(content, options = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  setInnerContent(content, options = undefined) {
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
  onEndTag(handler) {
    const { backend, native, ends } = live(this.#call);
    if (typeof handler !== "function") {
      throw new TypeError(`onEndTag() takes a function, got ${handler === null ? "null" : typeof handler}`);
    }
    const number = backend.onEndTag(native);
    if (number < 0) throw new TypeError("Parser error: No end tag.");
    ends.set(number, { handler, receiver: this });
  }
}

class EndTag {
  #call;

  constructor(call) {
    this.#call = call;
  }

  get name() {
    return textOf(this.#call, NAME);
  }

  set name(name) {
    setText(this.#call, name);
  }

  before(content, options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content, options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Comment {
  #call;

  constructor(call) {
    this.#call = call;
  }

  get text() {
    return textOf(this.#call, TEXT);
  }

  set text(text) {
    setText(this.#call, text);
  }

  get removed() {
    return flagOf(this.#call, REMOVED);
  }

  before(content, options = undefined) {
    insertText(this.#call, BEFORE, content, options);
    return this;
  }

  after(content, options = undefined) {
    insertText(this.#call, AFTER, content, options);
    return this;
  }

  replace(content, options = undefined) {
    insertText(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class TextChunk {
  #call;

  constructor(call) {
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

  before(content, options = undefined) {
    insert(this.#call, BEFORE, content, options);
    return this;
  }

  after(content, options = undefined) {
    insert(this.#call, AFTER, content, options);
    return this;
  }

  replace(content, options = undefined) {
    insert(this.#call, REPLACE, content, options);
    return this;
  }

  remove() {
    remove(this.#call, false);
    return this;
  }
}

class Doctype {
  #call;

  constructor(call) {
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
  #call;

  constructor(call) {
    this.#call = call;
  }

  append(content, options = undefined) {
    insertText(this.#call, APPEND, content, options);
    return this;
  }
}

function live(call) {
  const work = call?.work;
  if (work === undefined) throw new TypeError(INVALID);
  return work;
}

function textOf(call, which) {
  const { backend, native } = live(call);
  return backend.text(native, which) ?? null;
}

function flagOf(call, which) {
  const { backend, native } = live(call);
  return backend.flag(native, which);
}

function setText(call, text) {
  const { backend, native } = live(call);
  accept(backend.setText(native, String(text)));
}

function remove(call, keepContent) {
  const { backend, native } = live(call);
  backend.remove(native, keepContent);
}

/** Throws why something was refused. */
function accept(refusal) {
  if (typeof refusal === "string") throw new TypeError(`Parser error: ${refusal}`);
}

const isHtml = (options) => Boolean(options?.html);

/** Inserts a text, or what comes of a stream or of the body of a response. */
function insert(call, place, content, options) {
  const work = live(call);
  const { backend, native } = work;
  const stream = typeof content === "object" && content !== null ? backend.contentOf(content) : undefined;
  if (stream === undefined) return backend.insert(native, place, String(content), isHtml(options));
  const number = backend.insertStream(native, place, isHtml(options));
  return work.addStream(number, stream);
}

function insertText(call, place, content, options) {
  const { backend, native } = live(call);
  if (typeof content === "object" && content !== null && backend.contentOf(content) !== undefined) {
    throw new TypeError(NO_STREAM);
  }
  backend.insert(native, place, String(content), isHtml(options));
}

export { Comment, Doctype, DocumentEnd, Element, EndTag, TextChunk };
