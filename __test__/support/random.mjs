// Numbers that look random and are the same in every run.

/** A function that gives numbers from 0 to 1. */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}
