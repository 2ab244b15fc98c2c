// Fetches of Durable Objects: they go out when what the object wrote before is safe.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { folder } from "../support/files.mjs";
import { text } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

describe("a Durable Object that fetches", () => {
  for (const kept of ["in memory", "on disk"]) {
    test(`while its writes are under way is answered, and they are kept (${kept})`, async (t) => {
      const origin = await serve(t, (_, response) => response.end("answer"));
      const mf = create(t, {
        durableObjects: { OBJECT: "Thing" },
        ...(kept === "on disk" && { durableObjectsPersist: folder(t) }),
        script: `
          export class Thing {
            constructor({ storage }) { this.storage = storage; }
            async fetch() {
              for (let i = 0; i < 20; i++) this.storage.put("key" + i, i);
              const answer = await (await fetch("${origin}")).text();
              return new Response(answer + (await this.storage.list()).size);
            }
          }
          export default { fetch: (request, { OBJECT }) => OBJECT.get(OBJECT.idFromName("a")).fetch(request) }`,
      });
      assert.equal(await text(mf), "answer20");
    });
  }
});
