// Answers that are there at once, and Node's loop. Code that awaits one request after the other never leaves the microtasks, and
// neither timers nor I/O would get a turn: now and then an answer waits for the loop to turn.

import timers from "node:timers";
const { setImmediate } = timers;
import { performance } from "../env/adopt.ts";

/** For how many milliseconds answers may follow each other without a turn of the loop. */
const LONGEST = 5;
/** A look at the clock is a hundredth of a short request: after answers that took no longer than this, so many go without. */
const SHORT = 0.5;
const SKIPPED = 7;

const clock = performance.now.bind(performance);

/** When the first answer since the loop's last turn was given; undefined when there was none. */
let since: number | undefined;
/** When the clock was looked at last, and how many answers go before the next look. */
let looked = 0;
let skips = 0;
/** The next turn, when answers wait for it. */
let turn: Promise<void> | undefined;

const turned = (): void => {
  since = undefined;
  skips = 0;
};

const nextTurn = (): Promise<void> =>
  new Promise<void>((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });

/** `answer`, a promise; it is handed on after a turn of the loop when there has been none for too long. */
function fairly<Answer>(answer: Promise<Answer>): Promise<Answer> {
  if (skips > 0) {
    skips--;
    return answer;
  }
  if (since === undefined) {
    since = looked = clock();
    setImmediate(turned).unref();
    return answer;
  }
  if (turn === undefined) {
    const now = clock();
    if (now - since < LONGEST) {
      if (now - looked < SHORT) skips = SKIPPED;
      looked = now;
      return answer;
    }
    turn = nextTurn();
  }
  // The promise that is returned tells of its rejection.
  answer.catch(() => {});
  return turn.then(() => answer);
}

/** Has the methods of a class that give promises hand on their answers so: these, or else all. */
function makeFair({ prototype }: { prototype: object }, names?: string[]): void {
  for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === "constructor" || names?.includes(name) === false) continue;
    Object.defineProperty(prototype, name, { ...property, value: fairMethod(property.value) });
  }
}

/** A method that gives a promise. */
type Asked = (this: unknown, ...args: unknown[]) => Promise<unknown>;

function fairMethod(method: Asked): Asked {
  // In an object literal it is not a constructor, like the method.
  const { fair }: { fair: Asked } = {
    fair(...args) {
      return fairly(method.apply(this, args));
    },
  };
  for (const key of ["name", "length"] as const)
    Object.defineProperty(fair, key, { value: method[key], configurable: true });
  return fair;
}

export { fairly, makeFair };
