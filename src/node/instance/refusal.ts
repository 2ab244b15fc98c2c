// Whether what answers an instance's requests lets its workers connect to servers themselves.

/** Known to all copies of this package: the method of a mock that says why a host, `name:port`, may not be connected to; undefined if it may. */
const REFUSAL = Symbol.for("miniflare-rs.refusal");

interface Refusing {
  [REFUSAL]?(host: string): string | undefined;
}

/** What says whether a host may be connected to, by the dispatcher of an instance. */
const refusalOf = (dispatcher: object | undefined) => (host: string) =>
  (dispatcher as Refusing | undefined)?.[REFUSAL]?.(host);

export { REFUSAL, refusalOf };
