// The types of `sources.js`, as Node's half uses it.

/**
 * The function by which the other realm reads a stream of this one. `want` is what is asked for: to cancel, some chunks, or
 * all of them.
 */
export type Sender = (want: number, reason?: unknown) => Promise<SenderAnswer | undefined>;

/** What a sender answers: of this realm, or as it arrives of the other one. */
export type SenderAnswer =
  | [isLast: boolean, chunks: Uint8Array[], length: number, isForReader: boolean]
  | [isLast: boolean, bytes?: Uint8Array, ...lengths: number[]];

/** What a stream of bytes is over. */
export interface Source {
  /** The next chunk; null after the last. */
  pull(): Promise<Uint8Array | null>;
  cancel(reason: unknown): Promise<void> | void;
}

/** What a realm reads and makes streams with. */
export interface SourcesRealm {
  streamClass(): typeof ReadableStream;
  /** Throws for what is no chunk of bytes. */
  bytesOf(chunk: unknown): Uint8Array;
  /** An array of so many bytes, whatever they are, in a buffer of its own. */
  allocate?(length: number): Uint8Array<ArrayBuffer>;
}

export interface Sources {
  bytesFromSender(send: Sender): Promise<Uint8Array<ArrayBuffer>>;
  partsFromSender(send: Sender): Promise<{ parts: Uint8Array<ArrayBuffer>[]; length: number }>;
  senderOfStream(stream: ReadableStream): Sender;
  sourceOfStream(stream: ReadableStream): Source;
  streamFromSender(send: Sender): ReadableStream<Uint8Array<ArrayBuffer>>;
  streamFromSource(source: Source): ReadableStream<Uint8Array<ArrayBuffer>>;
}

export function createSources(realm: SourcesRealm): Sources;

/** How the answers of senders cross. */
export const answers: {
  is(promise: object): boolean;
  encode(answer: SenderAnswer | undefined, encodeBytes: (bytes: Uint8Array) => unknown): unknown;
};
