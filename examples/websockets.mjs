// A room of clients in a Durable Object: what one sends, all receive. Clients are tests, by `dispatchFetch`, or browsers.
import { Miniflare } from "miniflare-rs";

const mf = new Miniflare({
  modules: true,
  durableObjects: { ROOMS: "Room" },
  script: `
    export class Room {
      sockets = new Set();

      fetch() {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        this.sockets.add(server);
        server.addEventListener("message", ({ data }) => {
          for (const socket of this.sockets) socket.send(data);
        });
        server.addEventListener("close", () => {
          this.sockets.delete(server);
          server.close();
        });
        return new Response(null, { status: 101, webSocket: client });
      }
    }

    export default {
      async fetch(request, env) {
        if (request.headers.get("Upgrade") !== "websocket") return new Response("a WebSocket, please", { status: 426 });
        return env.ROOMS.get(env.ROOMS.idFromName(new URL(request.url).pathname)).fetch(request);
      }
    }
  `,
});

/** Joins the room, and resolves to a socket that prints what it receives. */
async function join(name) {
  const { webSocket } = await mf.dispatchFetch("http://localhost/room", { headers: { Upgrade: "websocket" } });
  webSocket.addEventListener("message", ({ data }) => console.log(`${name}: ${data}`));
  webSocket.accept();
  return webSocket;
}

const [ann, ben] = [await join("Ann"), await join("Ben")];
const heard = new Promise((resolve) => ann.addEventListener("message", resolve, { once: true }));
ben.send("hello"); // Ann: hello, Ben: hello
await heard;

ann.close(1000);
await mf.dispose();
