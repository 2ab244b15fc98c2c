// `HTMLRewriter` over the ops of the parser: a lazy script, of the class that Node has too and what it needs of a worker.

import {
  op_html_attribute,
  op_html_attributes,
  op_html_close,
  op_html_content,
  op_html_content_end,
  op_html_end,
  op_html_failure,
  op_html_flag,
  op_html_go,
  op_html_has_attribute,
  op_html_insert,
  op_html_insert_stream,
  op_html_is_tired,
  op_html_on_end_tag,
  op_html_open,
  op_html_output,
  op_html_remove,
  op_html_remove_attribute,
  op_html_rest,
  op_html_set_attribute,
  op_html_set_text,
  op_html_text,
  op_html_write,
} from "ext:core/ops";
import { currentContinuation, proceed } from "ext:miniflare/realm/context.ts";
import { load, STREAMS } from "ext:miniflare/realm/lazy.ts";
import { HOST, host } from "ext:miniflare/realm/port.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { createHTMLRewriter, tokens } from "ext:miniflare/html/html-rewriter.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { Response } from "ext:miniflare/web/response-class.ts";
import { sourceOfStream, streamFromSource } from "ext:miniflare/web/wire-body.ts";
import type { Native } from "ext:core/ops";
import type { Continuation } from "ext:miniflare/realm/context.ts";
import type { HTMLBackend } from "./backend.ts";

type Parser = Native<"Rewriter">;
const backend: HTMLBackend<Parser, Continuation | undefined> = {
  esi: () => worker.flags.has("html_rewriter_treats_esi_include_as_void_tag"),
  bodyOf(response) {
    if (response instanceof Response) return response.body;
    throw new TypeError("Failed to execute 'transform' on 'HTMLRewriter': parameter 1 is not of type 'Response'.");
  },
  respond: (body, response) => new Response(body, response as Response),
  contentOf(content) {
    if (content instanceof Response) return (content.body ?? new Response("").body) as ReadableStream;
    return content instanceof load(STREAMS).ReadableStream ? content : undefined;
  },
  sourceOf: sourceOfStream,
  streamFrom: streamFromSource,
  context: currentContinuation,
  /** Handlers run in the continuation of the code that asked for the transformation. */
  enter: (continuation, work) => (continuation === undefined ? work() : proceed(continuation, work)),
  isTired: op_html_is_tired,
  rest() {
    host(HOST.REST);
    return op_html_rest();
  },
  open: op_html_open,
  write: op_html_write,
  end: op_html_end,
  go: op_html_go,
  content: op_html_content,
  contentEnd: op_html_content_end,
  output: op_html_output,
  failure: op_html_failure,
  close: op_html_close,
  text: op_html_text,
  setText: op_html_set_text,
  flag: op_html_flag,
  attribute: op_html_attribute,
  hasAttribute: op_html_has_attribute,
  attributes: op_html_attributes,
  setAttribute: op_html_set_attribute,
  removeAttribute: op_html_remove_attribute,
  insert: op_html_insert,
  insertStream: op_html_insert_stream,
  remove: op_html_remove,
  onEndTag: op_html_on_end_tag,
};

refuseClones(tokens);

export const { HTMLRewriter } = createHTMLRewriter(backend);
