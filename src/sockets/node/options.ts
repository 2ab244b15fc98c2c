// What sockets of a worker ask of Node. The room has no options of its own.

import fs from "node:fs";
import path from "node:path";
import { HOST } from "../../protocol.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import { refusalOf } from "../../node/instance/refusal.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { Link, SocketEvent } from "../socket.ts";

type Tell = (type: string, value?: unknown) => void;

export const plugin = "CorePlugin";
export const options = {};

/** What a worker is told of an event: its type, and its one value. */
const teller = (tell: Tell) => (event: SocketEvent) => {
  const { type, ...rest } = event;
  const [value] = Object.values(rest);
  tell(type, value);
};

/** The certificates that sockets trust where the options add some, as texts in PEM. The options are checked with those of `fetch`. */
function authoritiesOf({ fetchCa = [], fetchCaPath = [] }: MiniflareOptions, root: string): string[] | undefined {
  const [texts, files] = [[fetchCa].flat(), [fetchCaPath].flat()];
  if (texts.length + files.length === 0) return undefined;
  const extra = process.env.NODE_EXTRA_CA_CERTS ?? "";
  const { rootCertificates } = require("node:tls") as typeof import("node:tls");
  const read = (file: string) => fs.readFileSync(path.resolve(root, file), "utf8");
  return [...rootCertificates, ...texts, ...files.map(read), ...(fs.existsSync(extra) ? [read(extra)] : [])];
}

export function hooks(given: MiniflareOptions, root: string): RoomHooks {
  let made: import("./connections.ts").Connections | undefined;
  const connections = () => {
    const { Connections } = require("./connections.ts") as typeof import("./connections.ts");
    made ??= new Connections(refusalOf(given.fetchMock), () => authoritiesOf(given, root));
    return made;
  };
  return {
    calls: {
      [HOST.SOCKETS]([hostname, port, isSecure, tell], membrane) {
        const address = { hostname: hostname as string, port: port as number };
        const receive = teller(membrane.decode(tell) as Tell);
        const link = connections().open(address, isSecure as boolean, receive);
        return membrane.encode((name: keyof Link, ...[first, next]: unknown[]) => {
          if (name === "startTls") return link.startTls(first as string, teller(next as Tell));
          link[name](first as never);
        });
      },
    },
    end: () => made?.end(),
  };
}
