// Terminal colours, on and off by the same rules as kleur, which suites that compare log lines were written against.

const { FORCE_COLOR, NODE_DISABLE_COLORS, NO_COLOR, TERM } = process.env;
const wanted = FORCE_COLOR !== undefined && FORCE_COLOR !== "0";
const refused = Boolean(NODE_DISABLE_COLORS) || NO_COLOR !== undefined || TERM === "dumb";

// Asked when something is coloured: Node makes the stream, and loads all of its streams, when it is first touched.
let terminal: boolean | undefined;
function enabled(): boolean {
  return !refused && (wanted || (terminal ??= Boolean(process.stdout?.isTTY)));
}

/** Colours a text. */
type Style = (text: string) => string;

/** A function that colours a text; the same colour inside the text is reopened after each of its ends. */
function style(start: number, end: number): Style {
  const open = `\x1b[${start}m`;
  const close = `\x1b[${end}m`;
  return (text) => (enabled() ? open + String(text).replaceAll(close, close + open) + close : text);
}

export const reset = style(0, 0);
export const bold = style(1, 22);
export const dim = style(2, 22);
export const red = style(31, 39);
export const green = style(32, 39);
export const yellow = style(33, 39);
export const blue = style(34, 39);
export const grey = style(90, 39);
