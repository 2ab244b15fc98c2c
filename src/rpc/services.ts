// Services and objects as receivers: calls of a binding's members, and how those arrive that come by way of Node.

import { complete } from "ext:miniflare/rpc/complete.ts";
import { Elsewhere } from "ext:miniflare/rpc/elsewhere.ts";
import { callEntrypoint } from "ext:miniflare/rpc/entrypoints.ts";
import { answered, callHere, packResult, resultHere } from "ext:miniflare/rpc/targets.ts";
import { ask, unpack } from "ext:miniflare/rpc/passing.ts";
import { isObjectInstance, ofEntrypoint, use } from "ext:miniflare/rpc/receivers.ts";
import { memberOf } from "ext:miniflare/rpc/stubs.ts";
import { advance, depart, enter, RequestContext, serviceContext, now } from "ext:miniflare/realm/context.ts";
import { awaited, inEvent, isTracked } from "ext:miniflare/realm/waits.ts";
import { traced } from "ext:miniflare/realm/trace.ts";
import type { Entrypoint } from "ext:miniflare/rpc/entrypoints.ts";
import type { Hook, Path } from "ext:miniflare/rpc/hook.ts";
import type { Message } from "ext:miniflare/rpc/message.ts";
import type { Passed } from "ext:miniflare/rpc/passing.ts";
import type { Here, Reach } from "ext:miniflare/realm/remote.ts";

const NO_BASE =
  'The receiving Durable Object does not support RPC, because its class was not declared with `extends DurableObject`. In order to enable RPC, make sure your class extends the special class `DurableObject`, which can be imported from the module "cloudflare:workers".';

type Nesting = [depth: number, pipelineDepth: number];
/** What a binding stands for. */
class ReachHook implements Hook {
  readonly isAddress = true;
  #reach: Reach;
  #elsewhere: Elsewhere | undefined;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    const { address, here } = this.#reach;
    const result =
      here === undefined
        ? this.#sendElsewhere(path, args)
        : callHere((passed) => here((instance) => callObject(instance, path, passed, resultHere), path), args);
    if (!isTracked()) return result;
    return awaited("rpc", result, `${path.join(".")} of`, address[0], address[2] ?? address[1]);
  }

  async #sendElsewhere(path: Path, args: unknown[] | undefined) {
    const { address, tie } = this.#reach;
    tie?.check();
    this.#elsewhere ??= new Elsewhere(address);
    const there = this.#elsewhere;
    const { depth, pipelineDepth } = serviceContext();
    const leaves = depart();
    try {
      return await ask((message) => {
        const send = () => there.call(path, message, depth, pipelineDepth);
        return leaves === undefined ? send() : leaves.then(send);
      }, args);
    } catch (error) {
      tie?.note(error);
      throw error;
    } finally {
      const arrives = advance();
      if (arrives !== undefined) await arrives;
    }
  }

  /** An address is no reference that ends. */
  dup() {
    return this;
  }

  dispose() {}
}

function callObject<Result>(
  instance: object,
  path: Path,
  args: Passed<unknown[]> | undefined,
  finish: (value: unknown) => Result,
) {
  return complete(
    (given) => {
      if (!isObjectInstance(instance)) throw new TypeError(NO_BASE);
      return use(instance, path, given, ofEntrypoint);
    },
    args,
    finish,
  );
}

const hooks = new WeakMap<Reach, Hook>();

export function hookOfReach(reach: Reach): Hook {
  let hook = hooks.get(reach);
  if (hook === undefined) hooks.set(reach, (hook = new ReachHook(reach)));
  return hook;
}

export const member = (reach: Reach, name: string) => memberOf(hookOfReach(reach), name);

const arrived = (message: Message | undefined) => (message === undefined ? undefined : unpack<unknown[]>(message));

/** Serves the call of another realm at an object. */
export function serveObject(here: Here, path: Path, message: object | undefined): Promise<Message> {
  const args = arrived(message as Message | undefined);
  return answered(() => here((instance) => callObject(instance, path, args, packResult), path));
}

/** Serves the call of another realm at an entrypoint. */
export function serveEntrypoint(
  entrypoint: Entrypoint,
  path: Path,
  message: Message | undefined,
  [depth, pipelineDepth]: Nesting = [1, 1],
): Promise<Message> {
  const args = arrived(message);
  const context = new RequestContext(now(), depth, pipelineDepth);
  const name = () => path.join(".");
  const work = () => enter(context, () => answered(() => callEntrypoint(entrypoint, path, args, packResult)));
  return tracedCall(context, path, entrypoint, () => inEvent(context, "rpc", name, work));
}

/** A call of an entrypoint as an event. Of its error the caller alone is told. */
const tracedCall = <Result>(context: RequestContext, path: Path, { name }: Entrypoint, work: () => Result): Result =>
  traced(
    context,
    () => ({ rpcMethod: path.join(".") }),
    () => ({ entrypoint: name }),
    "told",
    work,
  );

/** An entrypoint of this worker itself. */
export class EntrypointHook implements Hook {
  readonly isAddress = true;
  #entrypoint: Entrypoint;

  constructor(entrypoint: Entrypoint) {
    this.#entrypoint = entrypoint;
  }

  send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    const context = serviceContext();
    const call = (passed: Passed<unknown[]> | undefined) =>
      tracedCall(context, path, this.#entrypoint, () =>
        enter(context, () => callEntrypoint(this.#entrypoint, path, passed, resultHere)),
      );
    return callHere(call, args);
  }

  dup() {
    return this;
  }

  dispose() {}
}
