// How members of a service or of an object's stub are reached that these classes do not have: by RPC. The room `rpc` provides
// it; rooms and the assembly, which know no room, find it here.

/** The names that lead to a member. */
type Path = readonly string[];

/** Runs a call of a member with what the stub stands for, as an event of it. */
export type Here = <Result>(call: (receiver: object) => Result | Promise<Result>, path: Path) => Promise<Result>;

/** Where something is: in this worker, if `here` is there, or in one that Node finds by the address. */
export interface Reach {
  readonly here?: Here | undefined;
  readonly address: readonly string[];
  /** What the stub keeps of an object. */
  readonly tie?: { check(): void; note(error: unknown): void };
}

/** What the room provides. `Message` is what crosses for the arguments and the result. */
interface Remote {
  /** A member of what is reached. */
  member(reach: Reach, name: string): unknown;
  /** Serves the call of another realm: of an object's member, or a read without arguments. */
  serveObject(here: Here, path: Path, message: object | undefined): Promise<object>;
}

type Deliver = (exported: object, request: Request, props: unknown) => unknown;

let deliver: Deliver | undefined;
export function deliverWith(given: Deliver) {
  deliver = given;
}
/** Delivers a request to an exported entrypoint of this worker, with props. */
export const deliverAt: Deliver = (...args) => deliver?.(...args);

/** Calls or reads a member of an object that lives in this worker, for a caller that does not. */
type CallObject = (address: string[], path: string[], message?: object, depth?: number) => Promise<object>;

let provideObject: CallObject | undefined;
export function callObjectsWith(call: CallObject) {
  provideObject = call;
}
export const callObject: CallObject = (...args) => (provideObject as CallObject)(...args);

let provided: Remote | undefined;
export function provideRemote(remote: Remote) {
  provided = remote;
}
export const remote = () => provided as Remote;

/** Returns how what a stub stands for is reached; undefined for an object of another kind. */
type ReachOf = (value: object) => Reach | undefined;

const kinds: ReachOf[] = [];
/** Makes stubs of a class known, which calls can pass. */
export const addStubs = (reachOf: ReachOf) => void kinds.push(reachOf);

/** How what a stub stands for is reached; undefined for a value that is not a stub of these classes. */
export function reachOf(value: object): Reach | undefined {
  for (let index = 0; index < kinds.length; index++) {
    const reach = kinds[index](value);
    if (reach !== undefined) return reach;
  }
  return undefined;
}

/** Names that are no members: a stub is awaited and made JSON of as any object. */
export const isOwnName = (name: string) => name === "then" || name === "toJSON";

/**
 * Has names that objects of a class do not have be members by RPC. The proxy is where lookups end that find nothing else, so
 * that what the class has itself costs no more.
 */
export function openMembers(prototype: object, reachOf: ReachOf, isEnabled: () => boolean) {
  const members = new Proxy(
    {},
    {
      get(target, name, stub) {
        if (typeof name === "symbol" || isOwnName(name) || name in target) return Reflect.get(target, name, stub);
        const reach = isEnabled() ? reachOf(stub) : undefined;
        return reach && remote().member(reach, name);
      },
      has: (target, name) => name in target || (typeof name === "string" && !isOwnName(name) && isEnabled()),
    },
  );
  Object.setPrototypeOf(prototype, members);
}
