// A client and a worker that echoes what it sends, over one connection of a server.
import { ECHO, microsPerMessage } from "../lib/sockets.mjs";
import { withWorkerServer } from "../lib/serve.mjs";

export default {
  name: "s39-socket-round-trip",
  unit: "µs",
  doc: "per message to a worker over a WebSocket and its echo, one after the other",
  run: ({ Miniflare }) =>
    withWorkerServer(
      Miniflare,
      (port) => microsPerMessage(port, { connections: 1, underWay: 1, messages: 5_000 }),
      ECHO,
    ),
};
