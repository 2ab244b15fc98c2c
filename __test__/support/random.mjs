// Numbers that look random, and are the same again for the same seed.

/** The seed of a test: another in each run, which is printed, or that of the environment variable MINIFLARE_SEED. */
export function seedOf(t) {
  const seed = Number(process.env.MINIFLARE_SEED ?? Math.floor(Math.random() * 2 ** 32));
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
