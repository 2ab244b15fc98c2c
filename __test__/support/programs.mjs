// Random programs that run on this package and on another implementation.

import assert from "node:assert/strict";
import { Miniflare } from "./miniflare.mjs";
import { Miniflare4 } from "./miniflare-4.mjs";

/**
 * Compares what programs come to on Miniflare 4 and here, step by step. `script` executes the program of a request on the
 * binding that its path names; each program has one of its own, by the option `option`.
 * @param compared what is compared of the outcome of a step
 * @param isLeftOut whether a step is not compared, by its outcome here
 */
export async function compareWithMiniflare4({ script, option, programs, compared, isLeftOut = () => false }) {
  const [theirs, ours] = [
    await outcomesOn(Miniflare4, script, option, programs),
    await outcomesOn(Miniflare, script, option, programs),
  ];
  for (const [index, program] of programs.entries()) {
    for (const [at, step] of program.entries()) {
      if (isLeftOut(ours[index][at], step)) continue;
      const shown = `program ${index}, step ${at}: ${JSON.stringify(step)}`;
      const [found, expected] = [ours, theirs].map((outcomes) => compared(outcomes[index][at], step));
      assert.deepEqual(found, expected, shown);
    }
  }
}

async function outcomesOn(Class, script, option, programs) {
  const names = programs.map((_, index) => `B${index}`);
  const mf = new Class({ modules: true, script, [option]: names, compatibilityDate: "2024-09-23" });
  try {
    const outcomes = [];
    for (const [index, program] of programs.entries()) {
      const init = { method: "POST", body: JSON.stringify(program) };
      outcomes.push(await (await mf.dispatchFetch(`http://localhost/${names[index]}`, init)).json());
    }
    return outcomes;
  } finally {
    await mf.dispose();
  }
}
