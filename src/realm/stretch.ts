// Stretches of microtasks, counted: what storage answers in one has arrived when the next begins.

let current = 0;

export const currentStretch = () => current;

/** All microtasks are done: whatever storage answered has arrived. */
export const microtasksDone = () => void current++;
