// What the room of KV namespaces adds to an instance in Node.

import { USAGE as usage } from "../usage.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { KVNamespace } from "../kv-namespace.ts";

const methods = {
  /** A KV namespace, whether it is bound or not. */
  async getKVNamespace(inside: Inside, name: string): Promise<KVNamespace> {
    await inside.begun();
    return openNamespace(inside, name);
  },
};

function openNamespace(inside: Inside, name: string): KVNamespace {
  const { kvNamespace } = require("./kv-backend.ts") as typeof import("./kv-backend.ts");
  return kvNamespace(String(name), () => inside.instance);
}

export { methods, openNamespace, usage };
