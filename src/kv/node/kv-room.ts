// What the room of KV namespaces adds to an instance in Node.

const methods = {
  /** A KV namespace, whether it is bound or not. */
  async getKVNamespace(inside, name) {
    await inside.begun();
    const { kvNamespace } = require("./kv-backend.ts");
    return kvNamespace(String(name), () => inside.instance);
  },
};

export { methods };
