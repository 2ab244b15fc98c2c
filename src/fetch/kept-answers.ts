// Answers of servers in a run that is recorded or replayed: whole, as they are in the recording.

import { core } from "ext:core/mod.js";
import { InnerBody } from "ext:miniflare/web/bodies.ts";
import type { Outside } from "ext:miniflare/realm/outside.ts";
import type { Answer, Hop, HopBody } from "ext:miniflare/web/fetch-seams.ts";

/** What is recorded of an answer. */
interface Kept {
  status: number;
  statusText: string;
  headers: [name: string, value: string][];
  body: Uint8Array<ArrayBuffer> | null;
}

/** The answer to a hop: that of the recording, or the one that `ask` resolves with. */
export async function keptAnswer(outside: Outside, hop: Hop, ask: () => Promise<Answer>): Promise<Answer> {
  const { method, url, body } = hop;
  const question = [
    method,
    url,
    typeof body === "string" ? body : body instanceof Uint8Array ? core.decode(body) : null,
  ];
  return outside.ask("fetch", question, async (): Promise<Kept> => {
    const { status, statusText, headers, body } = await ask();
    return { status, statusText, headers: headers as Kept["headers"], body: await bytesOf(body) };
  });
}

async function bytesOf(body: HopBody): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null || body instanceof Uint8Array) return body;
  if (typeof body === "string") return core.encode(body);
  const held = await new InnerBody(body).consume();
  return typeof held === "string" ? core.encode(held) : (held as Uint8Array<ArrayBuffer>);
}
