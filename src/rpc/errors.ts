// Errors that a call ends with, or that a value contains: rebuilt for the other end, with the class that their name says.

const CLASSES: Record<string, ErrorConstructor | undefined> = Object.assign(Object.create(null), {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
});

/** Copies a member of an error; throws for one that cannot be passed. */
type CopyMember = (value: unknown) => unknown;

/** The same error for another end. `stack` is that of the copy, unless the original's is kept. */
export function copyError(error: Error, copyMember: CopyMember): Error {
  const text = (name: "name" | "message") => String(read(() => error[name]) ?? "");
  const name = text("name");
  const message = text("message");
  const Class = CLASSES[name];
  const copy = read(() => error instanceof AggregateError)
    ? new AggregateError(copied(() => [...(error as AggregateError).errors], copyMember) ?? [], message)
    : new (Class ?? Error)(message);
  const stack = read(() => error.stack);
  if (typeof stack === "string") set(copy, "stack", stack, false);
  if (Class === undefined && read(() => Object.hasOwn(error, "name"))) set(copy, "name", name, true);
  if (read(() => Object.hasOwn(error, "cause")))
    set(
      copy,
      "cause",
      copied(() => error.cause, copyMember),
      false,
    );
  for (const key of read(() => Object.keys(error)) ?? []) {
    if (key === "stack" || key === "message" || key === "name" || key === "cause" || key === "errors") continue;
    const member = copied(() => (error as unknown as Record<string, unknown>)[key], copyMember);
    if (member !== undefined) set(copy, key, member, true);
  }
  return copy;
}

function set(error: object, name: string, value: unknown, enumerable: boolean) {
  Object.defineProperty(error, name, { value, writable: true, configurable: true, enumerable });
}

/** The names of those `DOMException`s that calls fail with. */
const EXCEPTIONS = new Set(["AbortError", "DataCloneError", "TimeoutError"]);

/** The `DOMException` that crossed as an error, or the value itself. */
export const exceptionOf = (value: unknown): unknown =>
  value instanceof Error && !(value instanceof DOMException) && EXCEPTIONS.has(value.name)
    ? new DOMException(value.message, value.name)
    : value;

/** Marks what was thrown as an error of the other end. */
export function asRemote(error: unknown): unknown {
  if (typeof error === "object" && error !== null && Object.isExtensible(error)) set(error, "remote", true, true);
  return error;
}

/** What can be read of an error: a script can make anything of one. */
function read<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** A member that cannot be passed is left out. */
const copied = <Value>(look: () => Value, copyMember: CopyMember) => read(() => copyMember(look()) as Value);
