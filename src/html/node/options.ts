// HTML rewriters have no options. Their part of a lane is to tell a worker when Node's loop has had a turn.

import timers from "node:timers";
const { setImmediate } = timers;
import { binding } from "../../node/binding/binding.ts";
import { HOST } from "../../protocol.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";

const HOOKS: RoomHooks = { calls: { [HOST.REST]: () => void setImmediate(binding.htmlRested) } };

export const options = {};
export const plugin = "HTMLRewriterPlugin";
export const hooks = (): RoomHooks => HOOKS;
