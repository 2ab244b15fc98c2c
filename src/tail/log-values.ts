// What an item of a tail has of the values that a worker has logged: data as JSON has it, and the text of other values.

const { prototype: objectPrototype } = Object;

/** What `JSON.stringify` makes of a value that is logged; of a symbol, or a value that it fails for, an empty object. */
export function jsonOf(value: unknown): string {
  if (typeof value === "symbol") return "{}";
  try {
    return JSON.stringify(isData(value) ? value : String(value)) ?? "null";
  } catch {
    return "{}";
  }
}

function isData(value: unknown): boolean {
  switch (typeof value) {
    case "object":
      if (value === null || Array.isArray(value) || value instanceof Date) return true;
      return Object.getPrototypeOf(value) === objectPrototype;
    case "bigint":
    case "function":
      return false;
    default:
      return true;
  }
}
