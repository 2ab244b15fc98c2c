// Parts of a module that old packages import by names of their own.

/** An object with some of the members of another. */
export const part = (of: object, ...names: string[]): object =>
  Object.fromEntries(names.map((name) => [name, (of as Record<string, unknown>)[name]]));
