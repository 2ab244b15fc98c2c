// The answer to a request that went wrong: a page for a browser, text for everything else; and what the log is told.

import type { IncomingMessage, ServerResponse } from "node:http";
import { describeThrown } from "../errors.ts";
import type { Exchange, Instance } from "./listener.ts";

const TEXT = "text/plain; charset=UTF-8";
const PAGE = "text/html; charset=UTF-8";

/** Answers with a text, unless an answer has begun already: then the connection is closed. */
export function answerText(res: ServerResponse, status: number, text: string): void {
  answer(res, status, TEXT, text === "" ? "" : `${text}\n`);
}

function answer(res: ServerResponse, status: number, type: string, body: string): void {
  // A connection that ends already still sends what was written before the failure.
  if (res.socket?.writableEnded) return;
  if (res.headersSent || res.destroyed) return void res.destroy();
  res.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  res.end(body);
}

/** Answers with status 500 and what was thrown, and tells the log. */
export async function answerError(
  mf: Instance,
  { req, res, given }: Pick<Exchange, "req" | "res" | "given">,
  thrown: unknown,
  append: string | undefined,
): Promise<void> {
  const text = describeThrown(thrown);
  if (res.headersSent || res.destroyed || !acceptsPages(req)) answer(res, 500, TEXT, text);
  else answer(res, 500, PAGE, await page(req, given, thrown, text, mf, append));
  report(mf.log, req, thrown);
}

/** A page that cannot be made is no reason to hide the error. */
async function page(
  req: IncomingMessage,
  given: string | undefined,
  thrown: unknown,
  text: string,
  mf: Instance,
  append: string | undefined,
): Promise<string> {
  const { errorPage } = require("./error-page.ts") as typeof import("./error-page.ts");
  try {
    return await errorPage(req, given, thrown, mf, append);
  } catch {
    return `<!DOCTYPE html><title>Error</title><pre>${text.replace(/[&<]/g, (c) => `&#${c.charCodeAt(0)};`)}</pre>`;
  }
}

/** Browsers do; curl says that it takes anything, and shows what it gets. */
function acceptsPages({ headers }: IncomingMessage): boolean {
  if (headers["user-agent"]?.toLowerCase().includes("curl/")) return false;
  const accept = headers.accept?.toLowerCase() ?? "";
  return ["text/html", "*/*", "text/*"].some((type) => accept.includes(type));
}

/** Tells the log of an error, with the request that it belongs to. The log of the API, when none is given, shows none. */
export function report(log: Instance["log"], { method, url }: IncomingMessage, thrown: unknown): void {
  const text = `${method} ${url}: ${describeThrown(thrown)}`;
  const { cause } = (thrown ?? {}) as { cause?: unknown };
  const error = new Error(text, cause === undefined ? undefined : { cause });
  Object.defineProperty(error, "stack", { value: text });
  try {
    log.error(error);
  } catch {
    // A log throws what it does not show. The client has been shown it.
  }
}
