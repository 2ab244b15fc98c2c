// The known name that is closest to an unknown one, for error messages.

/** The name that is written most like this one; undefined when none is alike. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((one): [number, string] => [distance(name.toLowerCase(), one.toLowerCase()), one]);
  const [least, one] = distances.reduce((best, next) => (next[0] < best[0] ? next : best));
  return least <= Math.max(2, name.length / 3) ? one : undefined;
}

/** How many letters must be put in, left out or replaced to make one text of the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

export { nearest };
