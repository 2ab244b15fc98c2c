// Counts of a file that two compilers have compiled: Istanbul adds counts of places that are equal, and places of the same code
// may end at different columns. https://github.com/istanbuljs/istanbuljs/tree/main/packages/istanbul-lib-coverage

interface Position {
  line: number;
  column: number;
}
interface Range {
  start: Position;
  end: Position;
}
interface FunctionPlace {
  name: string;
  line?: number;
  decl: Range;
  loc: Range;
}
interface BranchPlace {
  type: string;
  line?: number;
  loc: Range;
  locations: Range[];
}

/** Istanbul's counts of a file. */
export interface FileCoverage {
  path: string;
  statementMap: Record<string, Range>;
  fnMap: Record<string, FunctionPlace>;
  branchMap: Record<string, BranchPlace>;
  s: Record<string, number>;
  f: Record<string, number>;
  b: Record<string, number[]>;
}

/** Gives places of `own` the ends that `known` has for those that begin at the same position. */
function alignTo(own: FileCoverage, known: FileCoverage | undefined): FileCoverage {
  if (known === undefined) return own;
  return {
    ...own,
    statementMap: aligned(own.statementMap, known.statementMap, startOf),
    fnMap: aligned(own.fnMap, known.fnMap, ({ loc }) => startOf(loc)),
    branchMap: aligned(own.branchMap, known.branchMap, ({ type, loc, locations }) => {
      return [type, startOf(loc), ...locations.map(startOf)].join();
    }),
  };
}

function startOf({ start }: Range): string {
  return `${start.line}:${start.column}`;
}

/** Several places may begin at one position, such as an expression and a part of it: they are paired in order. */
function aligned<Place>(own: Record<string, Place>, known: Record<string, Place>, key: (place: Place) => string) {
  const byKey = new Map<string, Place[]>();
  for (const place of Object.values(known)) {
    const name = key(place);
    byKey.set(name, [...(byKey.get(name) ?? []), place]);
  }
  const pairs = Object.entries(own).map(([id, place]) => [id, byKey.get(key(place))?.shift() ?? place]);
  return Object.fromEntries(pairs) as Record<string, Place>;
}

export { alignTo };
