// Responses of functions in Node, with their bodies whole: the worker gets what is recorded.

import type { Json } from "./values.ts";

type Recorded = Record<string, Json | undefined>;

/** Whether a value is a response of any class: Node's, the package's, or that of a library. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== "object" || value === null) return false;
  const { status, headers, arrayBuffer } = value as Partial<Response>;
  return typeof status === "number" && typeof headers === "object" && typeof arrayBuffer === "function";
}

/** How a response is recorded, and a response with the same content. */
async function takeResponse(response: Response) {
  const { status, statusText } = response;
  const headers = [...response.headers].map(([name, value]) => [name, value]);
  const bytes = response.body === null ? null : Buffer.from(await response.arrayBuffer());
  const recorded: Json = { $: "response", status, statusText, headers, body: bytes?.toString("base64") ?? null };
  return { recorded, again: () => responseOf(recorded) };
}

/** The response that was recorded. */
function responseOf({ status, statusText, headers, body }: Recorded): Response {
  const bytes = typeof body === "string" ? Buffer.from(body, "base64") : null;
  return new Response(bytes, {
    status: status as number,
    statusText: statusText as string,
    headers: headers as [string, string][],
  });
}

export { isResponse, responseOf, takeResponse };
