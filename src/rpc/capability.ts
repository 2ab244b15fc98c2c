// What crosses the membrane for a hook: a function that the other realm calls.

import { STUB } from "./hook.ts";
import { unpack } from "./passing.ts";
import type { Hook, Path } from "./hook.ts";
import type { Message } from "./message.ts";
import type { Capability, Passed } from "./passing.ts";

type Run = (hook: Hook, path: Path, args: Passed<unknown[]> | undefined) => Promise<Message>;

/** Makes the function of a hook. `run` does a call, and `own` gives an error that has nothing of this realm in it. */
export const capabilityOver =
  (run: Run, own: (error: unknown) => unknown) =>
  (hook: Hook): Capability => {
    const answer = async (path: Path, args: Passed<unknown[]> | undefined): Promise<Message> => {
      try {
        return await run(hook, path, args);
      } catch (error) {
        throw own(error);
      }
    };
    return (what: number, path: Path = [], args?: Message) => {
      if (what === STUB.RELEASE) return void hook.dispose();
      return answer(path, what === STUB.READ || args === undefined ? undefined : unpack<unknown[]>(args));
    };
  };
