"use strict";
// What the room of KV namespaces adds to an instance in Node.

const methods = {
  /** A KV namespace, whether it is bound or not. */
  async getKVNamespace(inside, name) {
    await inside.begun();
    const { kvNamespace } = require("./kv-backend.js");
    return kvNamespace(String(name), () => inside.instance);
  },
};

module.exports = { methods };
