// What Node's modules in a worker ask of Node. The room has no options of its own.

import { HOST } from "../../protocol.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";

export const plugin = "CorePlugin";
export const options = {};

export function hooks(): RoomHooks {
  let made: import("./host-calls.ts").HostCalls | undefined;
  const calls = () => (made ??= new (require("./host-calls.ts") as typeof import("./host-calls.ts")).HostCalls());
  return { calls: { [HOST.NODEJS]: (args) => calls().answer(args) }, end: () => made?.end() };
}
