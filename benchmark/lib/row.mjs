// A row of the table: a scenario's results, their ratio to Miniflare 2, or to the peer that has what is measured, and whether
// miniflare-rs reaches the target.

/** What the target is compared with: `{ share, of }` with the ratio to a peer, Miniflare 2 by default, `{ value }` with the figure itself. */
function figureFor(target, own) {
  return target.share === undefined ? own.median : own.ratio;
}

function verdict(target, own) {
  if (!target) return undefined;
  const figure = figureFor(target, own);
  // Unknown counts as missed only for --check; the table says that there is no figure.
  return figure === undefined ? null : figure <= (target.share ?? target.value);
}

function withRatio(result, base) {
  return result.error || !base ? result : { ...result, ratio: result.median / base };
}

/** What the ratios of a row compare with: an earlier state if it was measured, or the peer that the target is a share of. */
export const baseOf = ({ target, results }) => (results.before === undefined ? (target?.of ?? "m2") : "before");

/** A comparison with an earlier state is not about the targets. */
export function judge({ id, name, unit, doc, target: goal }, results) {
  const target = results.before === undefined ? goal : undefined;
  const base = results[baseOf({ target, results })]?.median;
  const entries = Object.entries(results).map(([key, result]) => [key, withRatio(result, base)]);
  const withRatios = Object.fromEntries(entries);
  return { id, name, unit, doc, results: withRatios, target, met: verdict(target, withRatios.own) };
}

function failure(row) {
  const { name, target, met, results } = row;
  const { own } = results;
  if (own.error) return `${name}: ${own.error}`;
  if (!target || met) return undefined;
  if (met === null) return `${name}: no figure to compare with: ${results[baseOf(row)].error}`;
  return `${name}: ${figureFor(target, own).toPrecision(3)} is above the target ${target.share ?? target.value}`;
}

/** Why the rows do not pass `--check`; empty when they do. */
export const failures = (rows) => rows.map(failure).filter(Boolean);
