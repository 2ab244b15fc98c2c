// A form posted by a test, read by the worker, and answered with another one.
import { expect, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch(request) {
    const form = await request.formData();
    const answer = new FormData();
    answer.set("name", form.get("name"));
    return new Response(answer);
  },
};`;

export default {
  name: "s28-forms",
  unit: "µs",
  doc: "`dispatchFetch` with a `FormData` to a worker that reads it and answers with one",
  target: { share: 1 },
  leftOut: { m4: "does not know Node's FormData" },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, (mf) => {
      const ask = async (i) => {
        const body = new FormData();
        body.set("name", `value ${i}`);
        const response = await mf.dispatchFetch(URL_OF_WORKER, { method: "POST", body });
        expect((await response.formData()).get("name"), `value ${i}`);
      };
      return microsPerCall(ask, { warmUp: 100, calls: 500 });
    });
  },
};
