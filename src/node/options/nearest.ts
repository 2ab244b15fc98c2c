// The known name that is closest to an unknown one, for error messages.

import { distance } from "fastest-levenshtein";

/** The name that is written most like this one; undefined when none is alike. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((one): [number, string] => [distance(name.toLowerCase(), one.toLowerCase()), one]);
  const [least, one] = distances.reduce((best, next) => (next[0] < best[0] ? next : best));
  return least <= Math.max(2, name.length / 3) ? one : undefined;
}

export { nearest };
