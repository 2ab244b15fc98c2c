// Streams whose length is known before they are read, as parts of an upload must be: bodies of requests and responses, the
// readable side of a `FixedLengthStream`, and what `tee()` makes of these.
//
// Bodies are noted as they are asked for, in a worker that has buckets.

import { core } from "ext:core/mod.js";
import { lengthOf, setLength } from "ext:miniflare/web/bodies.ts";

const { Request } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");

export const hasKnownLength = (stream: ReadableStream) => lengthOf(stream) !== undefined;

let isNoting = false;

export function noteBodies() {
  if (isNoting) return;
  isNoting = true;
  for (const { prototype } of [Request, Response]) noteBodiesOf(prototype);
}

function noteBodiesOf(prototype: Request | Response) {
  const property = Object.getOwnPropertyDescriptor(prototype, "body") as PropertyDescriptor;
  const { get } = property as { get(this: unknown): ReadableStream | null };
  const noting = {
    get body(): ReadableStream | null {
      const body = get.call(this);
      if (body !== null && lengthOf(body) === undefined) setLength(body, null);
      return body;
    },
  };
  Object.defineProperty(prototype, "body", {
    ...property,
    get: (Object.getOwnPropertyDescriptor(noting, "body") as PropertyDescriptor).get,
  });
}
