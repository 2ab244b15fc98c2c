// What a stub refers to: something that methods can be called of, here or in another realm.

/** The names that lead from what a stub refers to, one by one, to a member. */
export type Path = readonly string[];

export interface Hook {
  /** Whether it is what stands for a service or an object, which is no reference that ends. */
  readonly isAddress?: boolean;
  /** Calls the method at a path, or reads the property there if there are no arguments. Resolves with a copy. */
  send(path: Path, args: unknown[] | undefined): Promise<unknown>;
  /** Another reference to the same. */
  dup(): Hook;
  /** Ends this reference. */
  dispose(): void;
}

/** What a call of another realm's function does. */
export const STUB = { CALL: 0, READ: 1, RELEASE: 2 } as const;

/** A name that receivers do not have, as Workers report it. */
export const notImplemented = (name: string) =>
  new TypeError(`The RPC receiver does not implement the method "${name}".`);
export const notCallable = (path: Path) => new TypeError(`"${path.join(".")}" is not a function.`);

/** Whether `await` would wait for a value. */
export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  (typeof value === "object" || typeof value === "function") &&
  value !== null &&
  typeof (value as Partial<Promise<unknown>>).then === "function";
