// What `node:crypto` computes piece by piece: hashes, HMACs, ciphers and signatures. Each is a stream as well, once it is used
// as one. Short input is collected here, and computed in one call.

import { Buffer } from "node:buffer";
import { StringDecoder } from "node:string_decoder";
import LazyTransform from "node:internal/lazy_transform";
import { invalidArgType, nodeError, validateString } from "./errors.ts";
import { call, Remote } from "./host.ts";

type Done = (error?: unknown, chunk?: unknown) => void;
type Data = string | ArrayBufferView;
type Decoder = InstanceType<typeof StringDecoder>;

const MOST_COLLECTED = 64 * 1024;

const finalized = () => nodeError(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");

/** Input as bytes of its own, since a caller may write to its buffer later. */
function bytesOf(data: unknown, encoding: unknown, name = "data"): Uint8Array {
  if (typeof data === "string") return Buffer.from(data, encoding === "buffer" ? undefined : encoding);
  if (!ArrayBuffer.isView(data)) throw invalidArgType(name, ["string", "Buffer", "TypedArray", "DataView"], data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
}

/** Bytes as the caller wants them. */
const as = (bytes: Buffer, encoding: unknown) =>
  encoding === undefined || encoding === null || encoding === "buffer" ? bytes : bytes.toString(encoding as string);

/** Something that takes input, in Node when there is much of it. */
class Digest extends LazyTransform {
  readonly #kind: string;
  readonly #args: unknown[];
  #chunks: Uint8Array[] = [];
  #size = 0;
  #remote: Remote | undefined;
  #isOver = false;
  /** What the stream has given out, which can still be asked for. */
  #given: Buffer | undefined;

  constructor(kind: string, args: unknown[], streamOptions: object | undefined, remote?: Remote) {
    super(streamOptions);
    this.#kind = kind;
    this.#args = args;
    this.#remote = remote;
  }

  update(data: Data, encoding?: unknown): this {
    if (this.#isOver) throw finalized();
    const bytes = bytesOf(data, encoding);
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    if (this.#size > MOST_COLLECTED) this.#send();
    return this;
  }

  digest(encoding?: unknown): unknown {
    if (this.#given !== undefined) return as(this.#given, encoding);
    if (this.#isOver) throw finalized();
    this.#isOver = true;
    const rest = this.#take();
    if (this.#remote === undefined) return as(call("crypto", this.#kind, rest, ...this.#args) as Buffer, encoding);
    this.#remote.call("update", rest);
    const digest = this.#remote.call("digest") as Buffer;
    this.#remote.close();
    return as(digest, encoding);
  }

  /** The object in Node that has all that was input. */
  protected sent(options: unknown[]): Remote {
    if (this.#isOver) throw finalized();
    this.#send();
    return (this.#remote as Remote).copy(...options);
  }

  #send() {
    this.#remote ??= new Remote(this.#kind, ...this.#args);
    this.#remote.call("update", this.#take());
  }

  #take(): Uint8Array {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#size = 0;
    return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }

  _transform(chunk: Data, encoding: string, done: Done) {
    this.update(chunk, encoding);
    done();
  }

  _flush(done: Done) {
    const digest = this.digest() as Buffer;
    this.#given = digest;
    this.push(digest);
    done();
  }
}

/** The algorithms that Node has been seen to know. */
const known = new Set<string>();

class Hash extends Digest {
  readonly #args: unknown[];

  constructor(algorithm: string, options?: { outputLength?: number }, remote?: Remote) {
    validateString(algorithm, "algorithm");
    const args = [algorithm, options];
    const key = JSON.stringify([algorithm, options?.outputLength]);
    if (!known.has(key)) call("crypto", "hash", new Uint8Array(), ...args);
    known.add(key);
    super("hash", args, options, remote);
    this.#args = args;
  }

  copy(options?: { outputLength?: number }): Hash {
    const [algorithm] = this.#args as [string];
    return new Hash(algorithm, options ?? (this.#args[1] as undefined), this.sent([options]));
  }
}

class Hmac extends Digest {
  constructor(algorithm: string, key: unknown, options?: object) {
    validateString(algorithm, "hmac");
    // What is wrong with the arguments is said at once.
    call("crypto", "hmac", new Uint8Array(), algorithm, key, options);
    super("hmac", [algorithm, key, options], options);
  }

  override digest(encoding?: unknown): unknown {
    try {
      return super.digest(encoding);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_CRYPTO_HASH_FINALIZED") throw error;
      return as(Buffer.alloc(0), encoding);
    }
  }
}

class Cipher extends LazyTransform {
  readonly #remote: Remote;
  #decoder: Decoder | undefined;

  /** Text of the output so far: bytes that are no whole character of the encoding wait for the next ones. */
  #decoded(bytes: Buffer, encoding: unknown, isLast: boolean): unknown {
    if (encoding === undefined || encoding === null || encoding === "buffer") return bytes;
    const decoder = new StringDecoder(encoding);
    this.#decoder ??= decoder;
    if (this.#decoder.encoding !== decoder.encoding) {
      throw nodeError(Error, "ERR_INTERNAL_ASSERTION", "Cannot change encoding");
    }
    return isLast ? this.#decoder.end(bytes) : this.#decoder.write(bytes);
  }

  constructor(kind: string, args: unknown[]) {
    super(args[3] as object | undefined);
    this.#remote = new Remote(kind, ...args);
  }

  update(data: Data, inputEncoding?: unknown, outputEncoding?: unknown): unknown {
    return this.#decoded(this.#remote.call("update", bytesOf(data, inputEncoding)) as Buffer, outputEncoding, false);
  }

  final(outputEncoding?: unknown): unknown {
    return this.#decoded(this.#remote.call("final") as Buffer, outputEncoding, true);
  }

  setAAD(data: Data, options?: { encoding?: string }): this {
    this.#remote.call("setAAD", bytesOf(data, options?.encoding, "buffer"), options);
    return this;
  }

  getAuthTag(): unknown {
    return this.#remote.call("getAuthTag");
  }

  setAuthTag(tag: Data, encoding?: string): this {
    this.#remote.call("setAuthTag", bytesOf(tag, encoding, "buffer"));
    return this;
  }

  setAutoPadding(isOn?: boolean): this {
    this.#remote.call("setAutoPadding", isOn);
    return this;
  }

  _transform(chunk: Data, encoding: string, done: Done) {
    this.push(this.update(chunk, encoding));
    done();
  }

  _flush(done: Done) {
    try {
      this.push(this.final());
    } catch (error) {
      return done(error);
    }
    done();
  }
}

class Cipheriv extends Cipher {
  constructor(...args: unknown[]) {
    super("cipher", args);
  }
}

class Decipheriv extends Cipher {
  constructor(...args: unknown[]) {
    super("decipher", args);
  }
}

/** Collects what is signed. */
class Signing extends LazyTransform {
  protected readonly algorithm: string;
  readonly #chunks: Uint8Array[] = [];

  constructor(algorithm: string, options?: object) {
    validateString(algorithm, "algorithm");
    super(options);
    this.algorithm = algorithm;
  }

  update(data: Data, encoding?: unknown): this {
    this.#chunks.push(bytesOf(data, encoding));
    return this;
  }

  protected get data() {
    return Buffer.concat(this.#chunks);
  }

  _write(chunk: Data, encoding: string, done: Done) {
    this.update(chunk, encoding);
    done();
  }
}

class Sign extends Signing {
  sign(key: unknown, encoding?: unknown): unknown {
    return as(call("crypto", "signature", this.algorithm, this.data, key) as Buffer, encoding);
  }
}

class Verify extends Signing {
  verify(key: unknown, signature: Data, encoding?: unknown): unknown {
    const bytes = bytesOf(signature, encoding, "signature");
    return call("crypto", "isSignature", this.algorithm, this.data, key, bytes);
  }
}

export { as, bytesOf, Cipheriv, Decipheriv, Hash, Hmac, Sign, Verify };
