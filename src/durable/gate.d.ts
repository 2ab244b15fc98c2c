// The contract of `gate.js`: the gates of an object, as far as objects in Node have them.

export class InputGate {
  /** @param reset called when the gate breaks; without it the gate never does */
  constructor(reset?: (error: unknown) => void);
  /** Closes the gate until the code that awaits a use of storage has gone on. */
  use(): void;
  /** Closes the gate until the function that it returns is called. */
  hold(): () => void;
  /** A promise when the gate is closed. */
  pass(): Promise<void> | undefined;
  /** Throws for code of an object that was reset. */
  check(): void;
  /** Runs `closure` with the gate closed; the gate breaks when it fails. */
  block<Result>(closure: () => Result | Promise<Result>): Promise<Result>;
  /** Runs `closure` with the gate closed. */
  runClosed<Result>(closure: () => Result | Promise<Result>): Promise<Result>;
}

export class OutputGate {
  /** @param lose called when something that was written to `open` is lost */
  constructor(open: object, lose: () => void);
  wrote(options?: { allowUnconfirmed?: boolean }): void;
  doubt(): void;
  /** A promise when something that was written is not safe yet; rejects when it could not be written. */
  pass(): Promise<unknown> | undefined;
}
