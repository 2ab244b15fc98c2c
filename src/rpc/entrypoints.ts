// The entrypoints of this worker: what a script exports, classes and objects with handlers, as services.

import { complete } from "ext:miniflare/rpc/complete.ts";
import { isEntrypointClass, ofEntrypoint, use } from "ext:miniflare/rpc/receivers.ts";
import { notImplemented } from "ext:miniflare/rpc/hook.ts";
import { isPlain } from "ext:miniflare/rpc/stubs.ts";
import { currentContext } from "ext:miniflare/realm/context.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { ExecutionContext } from "ext:miniflare/web/events.ts";
import type { Path } from "ext:miniflare/rpc/hook.ts";
import type { Passed } from "ext:miniflare/rpc/passing.ts";

/** An entrypoint by its name, and the props that its binding gives it. */
export interface Entrypoint {
  name?: string | undefined;
  props?: unknown;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** What the script exports by the name of an entrypoint. */
export function exportedAs(name = "default"): unknown {
  const exported = Object.hasOwn(worker.exports, name) ? worker.exports[name] : undefined;
  if (exported !== undefined || name === "default") return exported;
  throw new TypeError(`The worker exports no entrypoint "${name}".`);
}

/** Calls or reads a member of an entrypoint. A class is constructed for this one call. */
export function callEntrypoint<Result>(
  { name, props }: Entrypoint,
  path: Path,
  args: Passed<unknown[]> | undefined,
  finish: (value: unknown) => Result,
): Result | Promise<Result> {
  return complete(
    (given) => useEntrypoint(exportedAs(name), props, path, given),
    args,
    (value) => {
      const result = finish(value);
      const context = currentContext();
      context?.owned?.endUnlessHeld(context.waits ?? []);
      return result;
    },
  );
}

function useEntrypoint(exported: unknown, props: unknown, path: Path, args: unknown[] | undefined) {
  const waits: unknown[] = [];
  const ctx = new ExecutionContext({ waits, props });
  const context = currentContext();
  if (context !== undefined) context.waits = waits;
  if (isEntrypointClass(exported)) return use(new exported(ctx, worker.env), path, args, ofEntrypoint);
  if (!isPlain(exported)) throw notImplemented(path[0] ?? "");
  return use(exported, path, args, (receiver, name) => ofHandlers(receiver, name, path, args), [worker.env, ctx]);
}

/** A function of a handler object, which takes one argument of the caller's, and the bindings and the context. */
function ofHandlers(receiver: object, name: string, path: Path, args: unknown[] | undefined) {
  const member = ofEntrypointObject(receiver, name);
  if (path.length > 1 || args === undefined || typeof member !== "function") return member;
  if ((member as AnyFunction).length > 3) {
    throw new TypeError(
      `Cannot call handler function "${name}" over RPC because it has the wrong number of arguments. A simple function handler can only be called over RPC if it has exactly the arguments (arg, env, ctx), where only the first argument comes from the client. To support multi-argument RPC functions, use class-based syntax (extending WorkerEntrypoint) instead.`,
    );
  }
  if (args.length !== 1) {
    throw new TypeError(
      `Attempted to call RPC function "${name}" with the wrong number of arguments. When calling a top-level handler function that is not declared as part of a class, you must always send exactly one argument. In order to support variable numbers of arguments, the server must use class-based syntax (extending WorkerEntrypoint) instead.`,
    );
  }
  return member;
}

function ofEntrypointObject(receiver: object, name: string): unknown {
  if (!Object.hasOwn(receiver, name)) throw notImplemented(name);
  return (receiver as Record<string, unknown>)[name];
}
