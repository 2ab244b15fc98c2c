// What Node answers to calls of other workers. The room has no options of its own.

import { HOST } from "../../protocol.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";

export const plugin = "CorePlugin";
export const options = {};

type Calls = NonNullable<RoomHooks["calls"]>;

let made: Calls | undefined;
/** Loaded with the first call. */
const calls = (): Calls => (made ??= (require("./calls.ts") as typeof import("./calls.ts")).calls);

const HOOKS: RoomHooks = { calls: { [HOST.RPC_CALL]: (...given) => calls()[HOST.RPC_CALL](...given) } };

export const hooks = (): RoomHooks => HOOKS;
