// Bindings in the worker's realm: Hyperdrive, and services that exist on Cloudflare's network only or are not implemented. The latter
// are there, so that a worker loads, and whatever is read of one throws an error that says how to provide it.

import { connectTo } from "ext:miniflare/realm/connections.ts";

interface Settings {
  /** `[binding, parts of the connection string]` each. */
  hyperdrives: [binding: string, parts: Parts][] | undefined;
  /** `[binding, name of the service]` each. */
  remote: [binding: string, service: string][];
  /** Bindings of dynamic workers. */
  loaders: string[];
}

const NETWORK_ONLY = "this service exists on Cloudflare's network only";
const NO_LOADERS = "dynamic workers are not implemented";

export const room = {
  name: "cloud",
  empty: { remote: [], loaders: [] },
  bind: ({ remote, loaders, hyperdrives = [] }: Settings): [string, unknown][] => [
    ...remote.map(([binding, service]): [string, unknown] => [binding, absent(binding, service, NETWORK_ONLY)]),
    ...loaders.map((binding): [string, unknown] => [binding, absent(binding, "Dynamic workers", NO_LOADERS)]),
    ...hyperdrives.map(([binding, parts]): [string, unknown] => [binding, new Hyperdrive(parts)]),
  ],
};

interface Parts {
  connectionString: string;
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
}

/** A database as a worker has it. */
class Hyperdrive implements Parts {
  declare readonly connectionString: string;
  declare readonly host: string;
  declare readonly port: number;
  declare readonly user: string;
  declare readonly password: string;
  declare readonly database: string;

  constructor(parts: Parts) {
    Object.assign(this, parts);
  }

  /** Opens a connection to the database. */
  connect() {
    const { host, port } = this;
    return connectTo({ hostname: host, port }, { secureTransport: "starttls" });
  }
}

/** Promises, `JSON.stringify`, consoles and assertions look for these in every object. */
const GENERIC = new Set(["then", "toJSON", "constructor"]);

class RemoteBinding {
  /** What `util.inspect` asks before it looks at members. */
  [Symbol.for("nodejs.util.inspect.custom")]() {
    return "RemoteBinding {}";
  }
}

/** What is bound in the place of a service, and why that is not there. */
function absent(binding: string, service: string, why: string): object {
  const refuse = (what: string): never => {
    throw new Error(
      `${what} of the binding "${binding}" (${service}) is not available: ${why}. Provide an object for tests with the option \`bindings: { ${binding}: ... }\`.`,
    );
  };
  return new Proxy(new RemoteBinding(), {
    get: (target, name) =>
      typeof name === "symbol" || GENERIC.has(name) ? Reflect.get(target, name) : refuse(`"${name}"`),
    set: (_, name) => refuse(`"${String(name)}"`),
  });
}
