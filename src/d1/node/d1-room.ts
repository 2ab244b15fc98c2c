// What the room of D1 databases adds to an instance in Node.

import { USAGE as usage } from "../usage.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { D1Database } from "../d1-database.ts";

const methods = {
  /** A D1 database, whether it is bound or not. */
  async getD1Database(inside: Inside, name: string): Promise<D1Database> {
    await inside.begun();
    return openDatabase(inside, name);
  },
};

function openDatabase(inside: Inside, name: string): D1Database {
  const { d1Database } = require("./d1-backend.ts") as typeof import("./d1-backend.ts");
  return d1Database(String(name), () => inside.instance);
}

export { methods, openDatabase, usage };
