// The worker of the Durable Object scenarios: a counter that reads and writes storage on every request, and an object
// that fills its storage on demand.

const script = `
export class Counter {
  constructor(state) { this.storage = state.storage; }

  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const answer = pathname === "/fill" ? this.fill(Number(searchParams.get("keys"))) : this.count();
    return new Response(String(await answer));
  }

  async count() {
    const next = ((await this.storage.get("n")) ?? 0) + 1;
    await this.storage.put("n", next);
    return next;
  }

  async fill(keys) {
    for (let i = 0; i < keys; i++) await this.storage.put("k" + i, { i, text: "x".repeat(100) });
    return keys;
  }
}

export default {
  fetch(request, env) {
    return env.COUNTER.get(env.COUNTER.idFromName("a")).fetch(request);
  },
};`;

export const COUNTER = { script, durableObjects: { COUNTER: "Counter" } };
