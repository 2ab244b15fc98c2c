// `HTMLRewriter`, for specs that run one body in the worker and in Node.

import { inBothRealms } from "./both.mjs";
import { HTMLRewriter } from "./names.mjs";

/**
 * What bodies have besides: `rewrite(html, on, onDocument)` gives the text that comes of a document (text, chunks or a
 * response) with handlers by their selectors, and those of the whole document.
 */
const SOURCE = `
const streamOf = (chunks) => new ReadableStream({
  pull(controller) {
    if (chunks.length === 0) return controller.close();
    const chunk = chunks.shift();
    controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
  },
});
const rewriter = (on = {}, ...onDocument) => {
  const made = new HTMLRewriter();
  for (const [selector, handlers] of Object.entries(on)) made.on(selector, handlers);
  for (const handlers of onDocument) made.onDocument(handlers);
  return made;
};
const responseOf = (html) => {
  if (Array.isArray(html)) return new Response(streamOf([...html]));
  return typeof html === "string" ? new Response(html) : html;
};
const rewrite = (html, on, ...onDocument) => rewriter(on, ...onDocument).transform(responseOf(html)).text();
const element = (element) => ({ element });
`;

const both = inBothRealms("HTMLRewriter", "HTMLRewriter", async () => HTMLRewriter, {
  // Streams can be constructed.
  compatibilityDate: "2022-11-30",
});

/** Defines a test of one body in the worker, and one in Node. */
export const inWorkerAndNode = (name, body, expected, options) => both(name, SOURCE + body, expected, options);
