// What the worker adds to a request: s30, as a multiple of what a server of Node's alone takes in the same process.
import { microsPerRequest } from "../lib/load.mjs";
import { withBareServer, withWorkerServer } from "../lib/serve.mjs";

export default {
  name: "s31-server-share",
  unit: "×",
  doc: "s30, relative to a bare server of Node's",
  target: { value: 1.67 },
  run: ({ Miniflare }) =>
    withWorkerServer(Miniflare, (port) =>
      withBareServer(async (bare) => {
        const shares = [];
        for (let round = 0; round < 3; round++) {
          const own = await microsPerRequest(port);
          shares.push(own / (await microsPerRequest(bare)));
        }
        return shares.sort((a, b) => a - b)[1];
      }),
    ),
};
