// Rows as text: a line on the terminal, a Markdown table in the documentation.

import { baseOf } from "./row.mjs";

const threeDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const twoDigits = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });
const ERROR_LENGTH = 160;

const figure = (value) => threeDigits.format(value);
const ratio = (value) => `${twoDigits.format(value)}×`;

function verdict({ target, met }) {
  if (met === undefined) return "";
  return { true: "met", false: "missed", null: "no figure" }[met];
}

function bar({ target, unit }) {
  if (!target) return "";
  return target.share === undefined
    ? `≤ ${target.value} ${unit}`
    : `≤ ${target.share}×${target.of === "m4" ? " of Miniflare 4" : ""}`;
}

const isBase = (key, row) => key === baseOf(row);

function lineCell(row, { key, label }) {
  const { error, median, min, max, ratio: share } = row.results[key];
  if (error) return `${label}: ${error}`;
  const times = share === undefined || isBase(key, row) ? "" : ` = ${ratio(share)}`;
  return `${label}: ${figure(median)} ${row.unit} [${figure(min)}..${figure(max)}]${times}`;
}

/** A row for people at a terminal; an error is shown whole. */
export function line(row, implementations) {
  const cells = implementations.map((implementation) => lineCell(row, implementation));
  const judged = row.target ? [`target ${bar(row)}: ${verdict(row)}`] : [];
  return [row.name, ...cells, ...judged].join("\n    ");
}

function inCell(text) {
  const oneLine = text.replace(/\s+/g, " ").replaceAll("|", "\\|");
  return oneLine.length > ERROR_LENGTH ? `${oneLine.slice(0, ERROR_LENGTH)}…` : oneLine;
}

function tableCell(row, { key }) {
  const { error, median, ratio: share } = row.results[key];
  if (error) return inCell(error);
  const times = share === undefined || isBase(key, row) ? "" : ` (${ratio(share)})`;
  return `${figure(median)} ${row.unit}${times}`;
}

const cells = (texts) => `| ${texts.join(" | ")} |`;

export function markdownTable(rows, implementations) {
  const head = ["scenario", "what is measured", ...implementations.map(({ label }) => label), "target", "verdict"];
  const body = rows.map((row) => [
    row.id,
    row.doc,
    ...implementations.map((implementation) => tableCell(row, implementation)),
    bar(row),
    verdict(row),
  ]);
  return [cells(head), cells(head.map(() => "---")), ...body.map(cells)].join("\n");
}
