// Many clients of a worker that echoes what they send, each with many messages under way.
import { ECHO, microsPerMessage } from "../lib/sockets.mjs";
import { withWorkerServer } from "../lib/serve.mjs";

export default {
  name: "s40-socket-messages",
  unit: "µs",
  doc: "per message to a worker over one of 32 WebSockets and its echo, 64 under way on each",
  run: ({ Miniflare }) =>
    withWorkerServer(
      Miniflare,
      (port) => microsPerMessage(port, { connections: 32, underWay: 64, messages: 100_000 }),
      ECHO,
    ),
};
