// What the storage of Durable Objects (`src/durable/`) asks of the worker that it runs in, where there is none: in Node there
// are no contexts of requests, and there is no Node to call.

const currentContext = () => undefined;
const currentContinuation = () => undefined;
const gatedContext = () => undefined;
const enterWith = <Result>(_changes: unknown, work: () => Result) => work();
const proceed = <Result>(_continuation: unknown, work: () => Result) => work();
const waitAtGate = () => () => {};
const awaited = <Wait>(_kind: string, wait: Wait) => wait;
const countStorage = () => {};

export * from "../../protocol.ts";
/** Without a worker, nothing is exported. */
export const worker = { ownExports: () => undefined };
export { awaited, countStorage, currentContext, currentContinuation, enterWith, gatedContext, proceed, waitAtGate };
