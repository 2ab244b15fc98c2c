// `HTMLRewriter` in Node: the class that workers have, over the addon.

import { AsyncResource } from "node:async_hooks";
import timers from "node:timers";
const { setImmediate } = timers;
import { binding } from "../../node/binding/binding.ts";
import { isResponse, Response } from "../../node/http/http-response.ts";
import { bytesOfChunk } from "../../web/chunks.ts";
import { createSources } from "../../web/sources.ts";
import { createHTMLRewriter } from "../html-rewriter.ts";
import type { HTMLBackend, HTMLParser } from "../backend.ts";

const { sourceOfStream, streamFromSource } = createSources({
  streamClass: () => ReadableStream,
  bytesOf: bytesOfChunk,
});

/** Rewriters whose result can no longer be read. */
const collected = new FinalizationRegistry<number>((number) => binding.htmlClose(number));

const parser: HTMLParser<number> = {
  open(handlers, charset, esi, owner) {
    const number = binding.htmlOpen(handlers, charset, esi);
    collected.register(owner, number, owner);
    return number;
  },
  close(number, owner) {
    collected.unregister(owner);
    binding.htmlClose(number);
  },
  write: binding.htmlWrite,
  end: binding.htmlEnd,
  go: binding.htmlGo,
  content: binding.htmlContent,
  contentEnd: binding.htmlContentEnd,
  output: binding.htmlOutput,
  failure: binding.htmlFailure,
  text: binding.htmlText,
  setText: binding.htmlSetText,
  flag: binding.htmlFlag,
  attribute: binding.htmlAttribute,
  hasAttribute: binding.htmlHasAttribute,
  attributes: binding.htmlAttributes,
  setAttribute: binding.htmlSetAttribute,
  removeAttribute: binding.htmlRemoveAttribute,
  insert: binding.htmlInsert,
  insertStream: binding.htmlInsertStream,
  remove: binding.htmlRemove,
  onEndTag: binding.htmlOnEndTag,
};

const backend: HTMLBackend<number, AsyncResource> = {
  ...parser,
  esi: () => false,
  bodyOf(response) {
    if (isResponse(response)) return response.body;
    throw new TypeError("Failed to execute 'transform' on 'HTMLRewriter': parameter 1 is not of type 'Response'.");
  },
  respond: (body, response) => new Response(body, response as Response),
  contentOf(content) {
    if (isResponse(content)) return content.body ?? streamFromSource({ pull: async () => null, cancel() {} });
    return content instanceof ReadableStream ? content : undefined;
  },
  sourceOf: sourceOfStream,
  streamFrom: (source) => streamFromSource({ pull: () => source.pull(), cancel: (reason) => source.cancel(reason) }),
  // Handlers run where the transformation was asked for.
  context: () => new AsyncResource("HTMLRewriter"),
  enter: (context, work) => context.runInAsyncScope(work),
  isTired: binding.htmlIsTired,
  rest: () =>
    new Promise((resolve) => {
      setImmediate(() => {
        binding.htmlRested();
        resolve();
      });
    }),
};

export const { HTMLRewriter, enableEsi } = createHTMLRewriter(backend);

let withEsi: typeof HTMLRewriter | undefined;

/** The class of a scope in which `esi:include` is an element without content, or has some. */
export const rewriterClass = (esi: boolean): typeof HTMLRewriter =>
  esi ? (withEsi ??= createHTMLRewriter({ ...backend, esi: () => true }).HTMLRewriter) : HTMLRewriter;
