// What Node's modules in a worker ask of Node. The room has no options of its own.

import { HOST } from "../../protocol.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { Lane } from "../../node/instance/lane.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";

export const plugin = "CorePlugin";
export const options = {};

export function hooks(options: MiniflareOptions, root: string): RoomHooks {
  let made: import("./host-calls.ts").HostCalls | undefined;
  const calls = () => (made ??= new (require("./host-calls.ts") as typeof import("./host-calls.ts")).HostCalls());
  const files = (lane: Lane) => {
    const { bundleFiles } = require("./bundle-files.ts") as typeof import("./bundle-files.ts");
    return bundleFiles(options, root, lane.control.moduleFiles());
  };
  const answer = (args: WireValue[], _membrane: unknown, lane: Lane) => calls().answer(args, () => files(lane));
  return { calls: { [HOST.NODEJS]: answer }, end: () => made?.end() };
}
