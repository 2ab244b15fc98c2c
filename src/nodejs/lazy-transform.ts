// A transform whose state as a stream is made when it is first used as one: hashes and ciphers rarely are.

interface State {
  decodeStrings: boolean;
}
interface Lazy {
  _options: object | undefined;
  _readableState: State;
  _writableState: State;
}

/** The class, over the class of transforms. */
export function createLazyTransform(Transform: { prototype: object }): object {
  function LazyTransform(this: Lazy, options?: object) {
    this._options = options;
  }
  Object.setPrototypeOf(LazyTransform.prototype, Transform.prototype);
  Object.setPrototypeOf(LazyTransform, Transform);
  for (const name of ["_readableState", "_writableState"] as const) {
    Object.defineProperty(LazyTransform.prototype, name, {
      get(this: Lazy) {
        // The constructor sets both.
        (Transform as unknown as (this: Lazy, options: object | undefined) => void).call(this, this._options);
        this._writableState.decodeStrings = false;
        return this[name];
      },
      set(this: Lazy, value: State) {
        Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
      },
      configurable: true,
      enumerable: true,
    });
  }
  return LazyTransform;
}
