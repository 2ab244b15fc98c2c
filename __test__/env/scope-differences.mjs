// Where a test's global scope differs from a worker's, and why.

export const OWN_NAMES = [];
export const differences = [];
