// The page that a browser shows when a worker throws, made by the library `youch`: what was thrown and where, with the lines of
// the user's own sources, and the request.

import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Youch } from "youch";
import { describeThrown } from "../errors.ts";
import { OPTIONS } from "../instance/miniflare.ts";
import type { Instance } from "./listener.ts";

const LINKS = [
  ["https://developers.cloudflare.com/workers/", "📚 Workers Docs"],
  ["https://discord.gg/cloudflaredev", "💬 Workers Discord"],
  ["https://miniflare.dev", "🔥 Miniflare Docs"],
]
  .map(([url, text]) => `<a href="${url}" target="_blank" style="text-decoration:none;margin-right:2em">${text}</a>`)
  .join("");

/** The name of a script that was given as text, in its stack traces. */
const INLINE = "<script>";

/**
 * @param given the headers that the worker was given, flat; undefined when it came to none
 * @param append a script to add to the page
 */
export async function errorPage(
  req: IncomingMessage,
  given: string | undefined,
  thrown: unknown,
  mf: Instance,
  append: string | undefined,
): Promise<string> {
  const youch = new Youch();
  youch.defineSourceLoader(async ({ fileName }) => {
    const contents = fileName === undefined ? undefined : await sourceOf(fileName, mf[OPTIONS]?.script);
    return contents === undefined ? undefined : { contents };
  });
  youch.useTransformer((error) => {
    // The page has them in attributes, and shows a hint as HTML.
    for (const frame of error.frames) {
      frame.functionName = frame.functionName?.replaceAll('"', "”");
      frame.fileName = frame.fileName?.replace(INLINE, "script.js").replaceAll('"', "”");
    }
    error.hint = undefined;
  });
  const { method, url, headers } = req;
  const shown = given === undefined ? Object.entries(headers) : pairsOf(given);
  const upper = Object.fromEntries(shown.map(([name, value]) => [name.toUpperCase(), value]));
  const error = asError(thrown);
  const html = await youch.toHTML(error, {
    title: "The worker threw an error",
    request: { url, method, headers: upper },
  });
  return html.replace(
    "</body>",
    () => `<footer style="padding:0 0 3em;text-align:center">${LINKS}</footer>${append ?? ""}</body>`,
  );
}

/** Of headers that are flat, each name once. */
function pairsOf(flat: string): [name: string, value: string][] {
  const parts = flat.split("\n");
  return parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] as string]] : []));
}

async function sourceOf(file: string, inline: string | undefined): Promise<string | undefined> {
  if (file.endsWith(INLINE)) return inline;
  return readFile(file, "utf8").catch(() => undefined);
}

function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const error = new Error(describeThrown(thrown));
  error.name = "Thrown value";
  error.stack = "";
  return error;
}
