// Requests, headers and responses, constructed and read in the worker: what every handler does, many times over.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const ROUNDS = 500;
const script = `export default {
  async fetch() {
    let length = 0;
    for (let round = 0; round < ${ROUNDS}; round++) {
      const headers = new Headers({ accept: "text/plain", "x-round": String(round) });
      headers.append("accept", "text/html");
      const request = new Request("http://localhost/path?round=" + round, { method: "POST", headers, body: "body" });
      const response = new Response(await request.text(), { status: 201, headers: { "x-a": request.headers.get("x-round") } });
      length += (await response.clone().text()).length + response.headers.get("x-a").length;
    }
    return new Response(String(length));
  },
};`;
const RIGHT = String(
  Array.from({ length: ROUNDS }, (_, round) => 4 + String(round).length).reduce((sum, length) => sum + length, 0),
);

export default {
  name: "s23-web-objects",
  unit: "µs",
  doc: "a `Headers`, a `Request` and two `Response`s, made and read in the worker",
  target: { share: 1 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, async (mf) => {
      return (await microsPerCall(() => ask(mf, RIGHT), { warmUp: 3, calls: 20 })) / ROUNDS;
    });
  },
};
