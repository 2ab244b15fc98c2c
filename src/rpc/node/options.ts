// What Node answers to calls of other workers. The room has no options of its own.

import { HOST } from "../../protocol.ts";
import type { RoomHooks } from "../../node/instance/lane.ts";

export const plugin = "CorePlugin";
export const options = {};

type Answer = NonNullable<RoomHooks["calls"]>[number];

const answerTo =
  (call: number): Answer =>
  (...given) =>
    (require("./calls.ts") as typeof import("./calls.ts")).calls?.[call](...given);

const HOOKS: RoomHooks = {
  calls: { [HOST.RPC_CALL]: answerTo(HOST.RPC_CALL), [HOST.RPC_ANSWER]: answerTo(HOST.RPC_ANSWER) },
};

export const hooks = (): RoomHooks => HOOKS;
