"use strict";
// Answers that are there at once, and Node's loop. Whoever awaits one request after the other never leaves the microtasks, and
// neither timers nor I/O would get a turn: now and then an answer waits for the loop to turn.

const { setImmediate } = require("node:timers");

/** For how many milliseconds answers may follow each other without a turn of the loop. */
const LONGEST = 5;

const { now } = performance;
const clock = now.bind(performance);

/** When the first answer since the loop's last turn was given; undefined when there was none. */
let since;

const turned = () => {
  since = undefined;
};

/** `answer`, a promise; it is handed on after a turn of the loop when there has been none for too long. */
function fairly(answer) {
  if (since === undefined) {
    since = clock();
    setImmediate(turned).unref();
    return answer;
  }
  if (clock() - since < LONGEST) return answer;
  // The promise that is returned tells of its rejection.
  answer.catch(() => {});
  return new Promise((resolve) => setImmediate(resolve, answer));
}

module.exports = { fairly };
