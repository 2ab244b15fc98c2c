// Bindings of services that exist on Cloudflare's network only: they are there, so that a worker loads, and whatever is read
// of one throws an error that says how to provide it.

interface Settings {
  /** `[binding, name of the service]` each. */
  remote: [binding: string, service: string][];
}

export const room = {
  name: "cloud",
  empty: { remote: [] },
  bind: ({ remote }: Settings): [string, unknown][] =>
    remote.map(([binding, service]) => [binding, remoteBinding(binding, service)]),
};

/** Promises, `JSON.stringify`, consoles and assertions look for these in every object. */
const GENERIC = new Set(["then", "toJSON", "constructor"]);

class RemoteBinding {
  /** What `util.inspect` asks before it looks at members. */
  [Symbol.for("nodejs.util.inspect.custom")]() {
    return "RemoteBinding {}";
  }
}

function remoteBinding(binding: string, service: string): object {
  const refuse = (what: string): never => {
    throw new Error(
      `${what} of the binding "${binding}" (${service}) is not available: this service exists on Cloudflare's network only. Provide an object for tests with the option \`bindings: { ${binding}: ... }\`.`,
    );
  };
  return new Proxy(new RemoteBinding(), {
    get: (target, name) =>
      typeof name === "symbol" || GENERIC.has(name) ? Reflect.get(target, name) : refuse(`"${name}"`),
    set: (_, name) => refuse(`"${String(name)}"`),
  });
}
