// Key exchange of `node:crypto`: objects in Node.

import { as, bytesOf } from "./crypto-streams.ts";
import { kept, refuseToRecord } from "ext:miniflare/realm/outside.ts";
import { call, Remote } from "./host.ts";

type Key = string | ArrayBufferView;
type Result = Parameters<typeof as>[0];

class Exchange {
  protected readonly remote: Remote;

  constructor(kind: string, args: unknown[]) {
    this.remote = new Remote(kind, ...args);
  }

  protected ask(method: string, encoding: unknown, ...args: unknown[]) {
    return as(this.remote.call(method, ...args) as Result, encoding);
  }

  /** Generates a pair of keys; in a run that is replayed, that of the recording. */
  protected generate() {
    this.remote.call("generateKeys");
    const key = this.remote.call("getPrivateKey");
    const recorded = kept("node:crypto.generateKeys", key);
    if (recorded !== key) this.remote.call("setPrivateKey", recorded);
  }

  computeSecret(key: Key, inputEncoding?: unknown, outputEncoding?: unknown) {
    return this.ask("computeSecret", outputEncoding, bytesOf(key, inputEncoding, "otherPublicKey"));
  }

  getPrivateKey(encoding?: unknown) {
    return this.ask("getPrivateKey", encoding);
  }

  setPrivateKey(key: Key, encoding?: unknown) {
    this.remote.call("setPrivateKey", bytesOf(key, encoding, "key"));
  }

  setPublicKey(key: Key, encoding?: unknown) {
    this.remote.call("setPublicKey", bytesOf(key, encoding, "key"));
  }
}

/** An exchange over a field of numbers. */
class FieldExchange extends Exchange {
  generateKeys(encoding?: unknown) {
    this.generate();
    return this.ask("generateKeys", encoding);
  }

  getPrime(encoding?: unknown) {
    return this.ask("getPrime", encoding);
  }

  getGenerator(encoding?: unknown) {
    return this.ask("getGenerator", encoding);
  }

  getPublicKey(encoding?: unknown) {
    return this.ask("getPublicKey", encoding);
  }
}

class DiffieHellman extends FieldExchange {
  constructor(...args: unknown[]) {
    super("diffieHellman", args);
  }

  get verifyError() {
    return this.remote.call("verifyError");
  }
}

class DiffieHellmanGroup extends FieldExchange {
  constructor(name: unknown) {
    super("diffieHellmanGroup", [name]);
  }

  protected override generate() {
    refuseToRecord("a key of a Diffie-Hellman group", "Use createECDH(), whose keys are recorded.");
    super.generate();
  }
}

class ECDH extends Exchange {
  constructor(curve: unknown) {
    super("ecdh", [curve]);
  }

  static convertKey(...[key, curve, inputEncoding, outputEncoding, format]: unknown[]) {
    return as(
      call("crypto", "convertKey", bytesOf(key, inputEncoding, "key"), curve, format) as Result,
      outputEncoding,
    );
  }

  generateKeys(encoding?: unknown, format?: unknown) {
    this.generate();
    return this.getPublicKey(encoding, format);
  }

  getPublicKey(encoding?: unknown, format?: unknown) {
    return this.ask("getPublicKey", encoding, null, format);
  }
}

export { DiffieHellman, DiffieHellmanGroup, ECDH };
