// How a worker calls what lives in another worker of its instance: by a function of Node's, which every worker with services is
// given at its start, whether it uses RPC or not.

import type { Path } from "ext:miniflare/rpc/hook.ts";
import type { Message } from "ext:miniflare/rpc/message.ts";

/** Finds a worker by the address of a service, `[binding]`, or of an object, `[binding, id]` and its name if that is known. */
type CallElsewhere = (
  address: readonly string[],
  path: Path,
  message: Message | undefined,
  depth: number,
  pipelineDepth: number,
) => Promise<Message>;

let given: CallElsewhere | undefined;

export function callElsewhereWith(call: CallElsewhere) {
  given = call;
}

export const elsewhere = () => given;
