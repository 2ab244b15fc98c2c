// Numbers that look random, and are the same again for the same seed.

const SEED = 20_261_201;

/**
 * The seed of a test, which is printed: always the same, so that a run shows what the run before has shown, or that of the
 * environment variable MINIFLARE_SEED. With MINIFLARE_SEED=random it is another in each run.
 */
export function seedOf(t) {
  const { MINIFLARE_SEED: given = SEED } = process.env;
  const seed = given === "random" ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  t.diagnostic(`MINIFLARE_SEED=${seed}`);
  return seed;
}

/** A function that gives numbers from 0 to 1. They do not come again before there were four billion. */
export function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
