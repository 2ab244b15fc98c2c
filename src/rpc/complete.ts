// What every receiver does with a call, in either realm.

import { isThenable } from "./hook.ts";
import { claim, disposeOf } from "./stubs.ts";
import type { Passed } from "./passing.ts";

/** Does a call, with copies of the arguments that are its own: the stubs among them end with it. */
export async function complete<Result>(
  work: (args: unknown[] | undefined) => unknown,
  args: Passed<unknown[]> | undefined,
  finish: (value: unknown) => Result,
): Promise<Result> {
  if (args !== undefined) claim(args.stubs);
  try {
    const result = work(args?.value);
    return finish(isThenable(result) ? await result : result);
  } finally {
    const stubs = args?.stubs;
    if (stubs !== undefined) for (let index = 0; index < stubs.length; index++) disposeOf(stubs[index]);
  }
}
