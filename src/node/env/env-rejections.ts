// The `unhandledrejection` and `rejectionhandled` events of a test. Node tells its process of rejections, those of the worker
// among them; a test that listens is told before the runner is, which then learns only of those that the test lets pass.

import process from "node:process";
import { PromiseRejectionEvent } from "./interfaces.ts";

type Emit = (this: NodeJS.Process, name: string | symbol, ...args: unknown[]) => boolean;
type Dispatch = (event: Event) => boolean;

/**
 * Dispatches the events from now on, until the function that it returns is called.
 * @param dispatch returns whether the test lets the event pass
 */
function watchRejections(dispatch: Dispatch): () => void {
  let told: Dispatch | undefined = dispatch;
  // Node looks it up for each event. A listener could not keep others from being called.
  const before = process.emit as Emit;
  const emit: Emit = function (name, ...args) {
    const event = told && eventOf(name, args);
    if (event !== undefined && told?.(event) === false) return true;
    return before.call(this, name, ...args);
  };
  process.emit = emit as typeof process.emit;
  return () => {
    told = undefined;
    if (process.emit === (emit as typeof process.emit)) process.emit = before as typeof process.emit;
  };
}

function eventOf(name: string | symbol, args: unknown[]): Event | undefined {
  if (name === "unhandledRejection") {
    const [reason, promise] = args as [unknown, Promise<unknown>];
    return new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true });
  }
  if (name !== "rejectionHandled") return undefined;
  const [promise] = args as [Promise<unknown>];
  return new PromiseRejectionEvent("rejectionhandled", { promise });
}

export { watchRejections };
