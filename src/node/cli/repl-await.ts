// `await` at the top level of what was typed in the REPL. As in Node's own REPL, the text becomes the body of an async function,
// and its declarations move out of it, so that later lines see them.

import { parse } from "acorn";
import type { ArrowFunctionExpression, CallExpression, ExpressionStatement, Node } from "acorn";
import { base, recursive } from "acorn-walk";
import type { RecursiveVisitors } from "acorn-walk";

const HEAD = "(async () => { ";
const TAIL = "\n})()";

/** The parts of nodes that are used here. */
interface AnyNode extends Node {
  id: AnyNode;
  name: string;
  kind: string;
  await: boolean;
  init: AnyNode | null;
  value: AnyNode;
  argument: AnyNode;
  left: AnyNode;
  expression: AnyNode;
  body: AnyNode[];
  declarations: AnyNode[];
  elements: (AnyNode | null)[];
  properties: AnyNode[];
}

/** A text whose parts are replaced by their positions in the original. */
class Edited {
  #parts: string[];

  constructor(text: string) {
    this.#parts = text.split("");
  }

  replace(from: number, to: number, text: string): void {
    for (let index = from; index < to; index++) this.#parts[index] = "";
    this.#parts[from] = text + (from === to ? this.#parts[from] : "");
  }

  before({ start }: Node, text: string): void {
    this.#parts[start] = text + this.#parts[start];
  }

  after({ end }: Node, text: string): void {
    this.#parts[end - 1] += text;
  }

  get text(): string {
    return this.#parts.join("");
  }
}

interface State {
  edited: Edited;
  body: Node;
  /** The nodes from the body to the one that is visited. */
  path: AnyNode[];
  hoisted: { kind: "let" | "var"; name: string }[];
  awaits: boolean;
  returns: boolean;
}

type Visit = (node: AnyNode, state: State) => void;

/** The script for a text with `await`, whose value is a promise of `{ value }`; undefined if there is none, or it is wrong. */
export function awaiting(text: string): { text: string; names: string[] } | undefined {
  const wrapped = HEAD + text + TAIL;
  let body: AnyNode;
  try {
    const [statement] = parse(wrapped, { ecmaVersion: "latest" }).body as ExpressionStatement[];
    body = ((statement.expression as CallExpression).callee as ArrowFunctionExpression).body as unknown as AnyNode;
  } catch {
    return undefined;
  }
  const state: State = { edited: new Edited(wrapped), body, path: [], hoisted: [], awaits: false, returns: false };
  recursive(body as never, state, VISITORS as RecursiveVisitors<State>);
  if (!state.awaits || state.returns) return undefined;
  returnLast(body, state.edited);
  const declared = state.hoisted.map(({ kind, name }) => `${kind} ${name}; `);
  return { text: declared.join("") + state.edited.text, names: state.hoisted.map(({ name }) => name) };
}

/** The value is that of the last statement, if it has one. */
function returnLast({ body }: AnyNode, edited: Edited): void {
  const last = body.findLast(({ type }) => type !== "EmptyStatement");
  if (last?.type !== "ExpressionStatement") return;
  edited.before(last.expression, "{ value: (");
  edited.before(last, "return ");
  edited.after(last.expression, ") }");
}

type Visitor = (node: AnyNode, state: State, visit: Visit) => void;

/** The visitors that go on to the parts of a node. */
const BASE = base as unknown as Record<string, Visitor>;

const VISITS: Record<string, Visitor> = {
  ClassDeclaration(node, state, visit) {
    if (isTop(state)) {
      state.edited.before(node, `${node.id.name}=`);
      state.hoisted.push({ kind: "let", name: node.id.name });
    }
    BASE.ClassDeclaration(node, state, visit);
  },
  ForOfStatement(node, state, visit) {
    if (node.await) state.awaits = true;
    BASE.ForOfStatement(node, state, visit);
  },
  FunctionDeclaration({ id, ...node }, state) {
    if (!isTop(state)) return;
    state.edited.before(node as Node, `this.${id.name} = ${id.name}; `);
    state.hoisted.push({ kind: "var", name: id.name });
  },
  FunctionExpression() {},
  ArrowFunctionExpression() {},
  MethodDefinition() {},
  AwaitExpression(node, state, visit) {
    state.awaits = true;
    BASE.AwaitExpression(node, state, visit);
  },
  ReturnStatement(node, state, visit) {
    state.returns = true;
    BASE.ReturnStatement(node, state, visit);
  },
  VariableDeclaration(node, state, visit) {
    if (node.kind === "var" || isTop(state)) moveOut(node, state);
    BASE.VariableDeclaration(node, state, visit);
  },
};

/** Visitors that note where they are. */
const VISITORS = Object.fromEntries(
  Object.keys(BASE).map((type) => {
    const visitOne = VISITS[type] ?? BASE[type];
    const visitor = (node: AnyNode, state: State, visit: Visit) => {
      const isNew = state.path.at(-1) !== node;
      if (isNew) state.path.push(node);
      visitOne(node, state, visit);
      if (isNew) state.path.pop();
    };
    return [type, visitor];
  }),
);

const isTop = ({ path, body }: State) => path.at(-2) === body;

/** A declaration becomes an assignment to names that are declared outside. */
function moveOut({ start, kind, declarations }: AnyNode, { edited, hoisted, path }: State): void {
  const isOfLoop = ["ForOfStatement", "ForInStatement"].includes(path.at(-2)?.type ?? "");
  const several = declarations.length > 1;
  edited.replace(start, start + kind.length + (isOfLoop ? 1 : 0), isOfLoop ? "" : `void${several ? " (" : ""}`);
  if (!isOfLoop) {
    for (const one of declarations) {
      edited.before(one, "(");
      edited.after(one, one.init ? ")" : "=undefined)");
    }
    if (several) edited.after(declarations[declarations.length - 1], ")");
  }
  for (const { id } of declarations) {
    hoisted.push(...namesIn(id).map((name) => ({ kind: kind === "var" ? ("var" as const) : ("let" as const), name })));
  }
}

/** The names in a pattern. */
function namesIn(pattern: AnyNode | null): string[] {
  switch (pattern?.type) {
    case "Identifier":
      return [pattern.name];
    case "ObjectPattern":
      return pattern.properties.flatMap((one) => namesIn(one.value ?? one.argument));
    case "ArrayPattern":
      return pattern.elements.flatMap(namesIn);
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    default:
      return [];
  }
}
