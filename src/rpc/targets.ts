// Targets of this realm: functions and instances of `RpcTarget` that were passed to another end. They run in the context of the
// code that passed them, and learn when all stubs that were made of them are gone.

import { capabilityOver } from "ext:miniflare/rpc/capability.ts";
import { complete } from "ext:miniflare/rpc/complete.ts";
import { CountedHook } from "ext:miniflare/rpc/counted-hook.ts";
import { pack, passArguments, passHere, received, remoteError } from "ext:miniflare/rpc/passing.ts";
import { use } from "ext:miniflare/rpc/receivers.ts";
import { advance, currentContext, currentContinuation, depart, proceed } from "ext:miniflare/realm/context.ts";
import { reportError } from "ext:miniflare/web/rejections.ts";
import type { Hook, Path } from "ext:miniflare/rpc/hook.ts";
import type { Message } from "ext:miniflare/rpc/message.ts";
import type { Capability, Passed } from "ext:miniflare/rpc/passing.ts";

type Finish<Result> = (value: unknown) => Result;
/** The gates of an object, as far as a call of its target passes them. */
interface ObjectGates {
  input?: { enter<Result>(deliver: () => Promise<Result>): Promise<Result>; guard(outcome: unknown): unknown };
  output: { pass(): Promise<unknown> | undefined };
  life: { begin(): void; finish(): void };
}

/** A result for a caller in this realm. What the callee does when it is disposed of stays with the callee. */
export function resultHere(value: unknown): Passed<unknown> {
  const passed = passHere(value);
  const dispose = disposerOf(value);
  if (dispose !== undefined) passed.stubs.push({ [Symbol.dispose]: dispose });
  return passed;
}

/** The disposer of a plain object that is returned. */
function disposerOf(value: unknown): (() => void) | undefined {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return undefined;
  const dispose: unknown = (value as Partial<Disposable>)[Symbol.dispose];
  return typeof dispose === "function" ? () => Reflect.apply(dispose, value, []) : undefined;
}

/** A call within this realm: the caller gets copies, and an error of its own. */
export async function callHere(
  call: (args: Passed<unknown[]> | undefined) => Passed<unknown> | Promise<Passed<unknown>>,
  args?: unknown[],
) {
  const leaves = depart();
  const passed = args && passArguments(args);
  if (leaves !== undefined) await leaves;
  try {
    const result = call(passed);
    return received("then" in result ? await result : result);
  } catch (error) {
    throw remoteError(error);
  } finally {
    const arrives = advance();
    if (arrives !== undefined) await arrives;
  }
}

class Target {
  count = 0;
  #value: object;
  #continuation = currentContinuation();
  /** What the context owns that the target runs in, which it holds. */
  #owned = this.#continuation?.request?.root.owned;

  constructor(value: object) {
    this.#value = value;
    this.#owned?.hold();
  }

  run<Result>(path: Path, args: Passed<unknown[]> | undefined, finish: Finish<Result>): Result | Promise<Result> {
    return proceed(this.#continuation, () => {
      const gates = currentContext()?.gates as unknown as ObjectGates | undefined;
      const work = () => complete((given) => use(this.#value, path, given), args, finish);
      return gates === undefined ? work() : inObject(gates, work);
    });
  }

  /** The last stub is gone. The target's disposer runs later, never within the caller's. */
  end() {
    this.#owned?.release();
    const dispose: unknown = (this.#value as Partial<Disposable>)[Symbol.dispose];
    if (typeof dispose !== "function") return;
    queueMicrotask(() =>
      proceed(this.#continuation, () => {
        try {
          Reflect.apply(dispose, this.#value, []);
        } catch (error) {
          reportError(error);
        }
      }),
    );
  }
}

/** An event of the object that passed the target. */
async function inObject<Result>(
  { input, output, life }: ObjectGates,
  work: () => Result | Promise<Result>,
): Promise<Result> {
  life.begin();
  try {
    if (input === undefined) return await work();
    return await input.enter(async () => input.guard(work()) as Result | Promise<Result>);
  } finally {
    life.finish();
    const unconfirmed = output.pass();
    if (unconfirmed !== undefined) await unconfirmed;
  }
}

/** A reference to a target. */
export class TargetHook extends CountedHook<Target> {
  send(path: Path, args: unknown[] | undefined): Promise<unknown> {
    return callHere((passed) => this.shared.run(path, passed, resultHere), args);
  }

  run<Result>(path: Path, args: Passed<unknown[]> | undefined, finish: Finish<Result>) {
    return this.shared.run(path, args, finish);
  }

  dup() {
    return new TargetHook(this.shared);
  }
}

export const hookOfTarget = (value: object): Hook => new TargetHook(new Target(value));

/** What was thrown, with nothing of this realm in it. */
const ownError = (thrown: unknown) => passHere(thrown).value;

/** What another realm calls for a hook of this one. */
export const capability: (hook: Hook) => Capability = capabilityOver(
  async (hook, path, args) =>
    hook instanceof TargetHook ? hook.run(path, args, packResult) : hook.send(path, args?.value).then(packResult),
  ownError,
);

/** What another realm gets: a message, or an error that has nothing of this realm in it. */
export async function answered(run: () => Message | Promise<Message>): Promise<Message> {
  try {
    return await run();
  } catch (error) {
    throw ownError(error);
  }
}

/** A result for a caller in another realm. */
export function packResult(value: unknown): Message {
  const dispose = disposerOf(value);
  const message = pack(value);
  // The holder of the disposer is in no place of the data: only the message knows it.
  if (dispose !== undefined) {
    message.holders.push({});
    message.extras.push(capability({ send: async () => undefined, dup: () => hookOfTarget(dispose), dispose }));
  }
  return message;
}
