// A worker with one class of Durable Objects that have a database each.

import { withObject } from "./durable-objects.mjs";

export const BOX = { BOX: { className: "Box", useSQLite: true } };

/** An instance that passes every request to one object running `body`, with the object's `storage` and `sql` at hand. */
export const withSql = (t, body, options = {}) =>
  withObject(t, `const { sql } = storage;\n${ATTEMPT}\n${body}`, { durableObjects: BOX, ...options });

/** What a call comes to: `attempt(f)` is its value, or the class and the text of what it throws. */
export const ATTEMPT = `const attempt = async (call) => {
  try {
    return await call();
  } catch (error) {
    return error.constructor.name + ": " + error.message;
  }
};`;
