// What every receiver does with a call, in either realm.

import { isThenable } from "./hook.ts";
import { claim, disposeOf } from "./stubs.ts";
import type { Passed } from "./passing.ts";

type Arguments = Passed<unknown[]> | undefined;

/**
 * Does a call, with copies of the arguments that are its own: the stubs among them end with it. What comes of it is no promise if
 * the callee has returned none.
 */
export function complete<Result>(
  work: (args: unknown[] | undefined) => unknown,
  args: Arguments,
  finish: (value: unknown) => Result,
): Result | Promise<Result> {
  if (args !== undefined) claim(args.stubs);
  let isOver = true;
  try {
    const result = work(args?.value);
    if (!isThenable(result)) return finish(result);
    isOver = false;
    return settle(result, args, finish);
  } finally {
    if (isOver) endStubs(args);
  }
}

async function settle<Result>(
  result: PromiseLike<unknown>,
  args: Arguments,
  finish: (value: unknown) => Result,
): Promise<Result> {
  try {
    return finish(await result);
  } finally {
    endStubs(args);
  }
}

function endStubs(args: Arguments) {
  const stubs = args?.stubs;
  if (stubs !== undefined) for (let index = 0; index < stubs.length; index++) disposeOf(stubs[index]);
}
