// A response of 10 MB that the worker streams, over its HTTP server: how long a client waits for the first byte of the body.
import { microsToFirstByte } from "../lib/first-byte.mjs";
import { withWorkerServer } from "../lib/serve.mjs";

const CHUNK = 64 << 10;
const CHUNKS = 160;
const script = `export default {
  fetch() {
    let sent = 0;
    return new Response(new ReadableStream({
      pull(controller) {
        if (sent++ < ${CHUNKS}) controller.enqueue(new Uint8Array(${CHUNK}).fill(sent));
        else controller.close();
      },
    }));
  },
};`;

export default {
  name: "s41-first-byte",
  unit: "µs",
  doc: "to the first byte of a response of 10 MB that a worker streams over its HTTP server",
  run: ({ Miniflare }) => withWorkerServer(Miniflare, (port) => microsToFirstByte(port, CHUNK * CHUNKS), script),
};
