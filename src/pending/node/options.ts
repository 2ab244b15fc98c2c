// The option of the room.

import { boolean } from "../../node/options/check.ts";
import { watchReferences } from "../../node/instance/references.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";

const options = { trackPending: { check: boolean, needsWorker: false } };

type Tracked = Pick<MiniflareOptions, "trackPending">;

export const section = "Debugging";
export const settings = ({ trackPending }: Tracked) => ({ trackPending: trackPending === true });
export const inherit = ({ trackPending }: Tracked): Tracked => ({ trackPending });
export const hooks = ({ trackPending }: Tracked): RoomHooks | undefined =>
  trackPending === true ? { end: watchReferences() } : undefined;
/** The option, for environments that report when a test times out. */
const tracked: Tracked = { trackPending: true };

/** Whether environments print nothing when a test times out. */
const isSilent = ({ trackPending }: Tracked) => trackPending === false;

export { isSilent, options, tracked };
