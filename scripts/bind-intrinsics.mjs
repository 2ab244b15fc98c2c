// How the worker's scripts come to use the realm's built-ins as they were before any worker ran: `Map.prototype.get = null`
// must not reach them. The sources say `map.get(key)`, and what the snapshot holds says `m$get(map, key)`.
//
// Names with a dollar come from `src/worker/bound.js`, which makes them while the realm is as it should be. What a method is
// called on is looked at when it is called: of a built-in it is the one that was there, of anything else its own.
import { parseAst } from "rolldown/parseAst";

const NAMESPACES = ["Atomics", "JSON", "Math", "Reflect"];
const CLASSES = [
  "AggregateError",
  "Array",
  "ArrayBuffer",
  "BigInt",
  "Boolean",
  "DataView",
  "Error",
  "FinalizationRegistry",
  "Function",
  "Map",
  "Number",
  "Object",
  "Promise",
  "Proxy",
  "RangeError",
  "ReferenceError",
  "RegExp",
  "Set",
  "SharedArrayBuffer",
  "String",
  "Symbol",
  "SyntaxError",
  "TypeError",
  "Uint8Array",
  "WeakMap",
  "WeakRef",
  "WeakSet",
];
const FUNCTIONS = ["decodeURIComponent", "encodeURIComponent"];
const GLOBALS = new Set([...NAMESPACES, ...CLASSES, ...FUNCTIONS]);

/** Whose methods are called on values; those of `Object.prototype` every class may have made its own. */
const OWNERS = ["Array", "Function", "Map", "Promise", "RegExp", "Set", "String", "WeakMap", "WeakRef", "WeakSet"];
const METHODS = new Set(
  [...OWNERS.map((name) => globalThis[name]), FinalizationRegistry, Object.getPrototypeOf(Uint8Array)].flatMap(
    (Class) =>
      Object.getOwnPropertyNames(Class.prototype).filter(
        (name) => name !== "constructor" && name !== "toString" && isMethod(Class.prototype, name),
      ),
  ),
);
/** Accessors of built-ins. */
const ACCESSORS = new Set(["buffer", "byteLength", "byteOffset", "size"]);

function isMethod(object, name) {
  return typeof Object.getOwnPropertyDescriptor(object, name).value === "function";
}

/**
 * Binds the built-ins of a script.
 * @param {string} text the script
 * @param {"module" | "script"} kind a module, or one expression that is a function which is called
 * @param {Set<string>} used gathers the names that it takes from `bound.js`
 */
export function bindIntrinsics(text, kind, used) {
  const names = new Set();
  const edits = new Edits(text);
  const use = (name) => {
    names.add(name);
    used.add(name);
    return name;
  };
  const program = parseAst(text, { lang: "js", sourceType: kind, preserveParens: false });
  new Binder(text, edits, use).visit(program, undefined, undefined);
  const take = (core) => `const { ${[...names].sort().join(", ")} } = ${core}.loadExtScript("${BOUND}");`;
  if (kind === "module") return `import { core as $core } from "ext:core/mod.js";\n${take("$core")}\n${edits.apply()}`;
  edits.before(startOf(program), take("__bootstrap.core"));
  return edits.apply();
}

const BOUND = "ext:miniflare/worker/bound.js";

/** Where the body of the function begins that a script is, after its directives. */
function startOf({ body: [{ expression }] }) {
  const { body } = expression.callee;
  const directive = body.body.find((statement) => statement.directive !== undefined);
  return directive === undefined ? body.start + 1 : directive.end;
}

/** Replacements of text that nest: what is put before a node goes outside of what is put before its first part. */
class Edits {
  #text;
  #edits = [];

  constructor(text) {
    this.#text = text;
  }

  /** Called on the way down. */
  before(position, text) {
    this.#edits.push({ start: position, end: position, text, order: this.#edits.length });
  }

  /** Called on the way up. */
  after(position, text) {
    this.#edits.push({ start: position, end: position, text, order: this.#edits.length - 1e9 });
  }

  replace(start, end, text) {
    this.#edits.push({ start, end, text, order: this.#edits.length });
  }

  apply() {
    const sorted = this.#edits.sort((a, b) => a.start - b.start || a.order - b.order);
    let [result, position] = ["", 0];
    for (const { start, end, text } of sorted) {
      if (start < position) throw new Error(`edits overlap at ${this.#text.slice(start, start + 60)}`);
      result += this.#text.slice(position, start) + text;
      position = end;
    }
    return result + this.#text.slice(position);
  }
}

class Binder {
  constructor(text, edits, use) {
    Object.assign(this, { text, edits, use });
  }

  visit(node, parent, key) {
    if (Array.isArray(node)) {
      for (const one of node) this.visit(one, parent, key);
      return;
    }
    if (node === null || typeof node !== "object" || typeof node.type !== "string") return;
    const handled = this[node.type]?.(node, parent, key);
    if (handled === true) return;
    for (const [name, child] of Object.entries(node)) this.visit(child, node, name);
    if (handled !== undefined) handled();
  }

  CallExpression(node) {
    const { callee } = node;
    if (callee.type !== "MemberExpression" || callee.computed || node.optional || hasOptional(callee)) return undefined;
    const { object, property } = callee;
    if (object.type === "Super" || property.type !== "Identifier") return undefined;
    if (isGlobal(object)) return this.callStatic(node, object, property);
    if (!METHODS.has(property.name)) return undefined;
    const open = this.text.indexOf("(", property.end) + 1;
    const dot = this.text.lastIndexOf(".", property.start);
    this.edits.before(node.start, `${this.use(`m$${property.name}`)}(`);
    this.visit(object, callee, "object");
    this.edits.replace(dot, open, node.arguments.length > 0 ? ", " : "");
    this.visit(node.arguments, node, "arguments");
    return true;
  }

  callStatic(node, object, property) {
    if (typeof globalThis[object.name]?.[property.name] !== "function") return undefined;
    this.edits.replace(object.start, property.end, this.use(`${object.name}$${property.name}`));
    this.visit(node.arguments, node, "arguments");
    return true;
  }

  MemberExpression(node, parent, key) {
    const { object, property } = node;
    const isWritten =
      (parent?.type === "AssignmentExpression" && key === "left") ||
      parent?.type === "UpdateExpression" ||
      (parent?.type === "UnaryExpression" && parent.operator === "delete");
    if (isWritten || node.computed || node.optional || property.type !== "Identifier") return undefined;
    if (isPrototype(object) && property.name in globalThis[object.object.name].prototype) {
      this.edits.replace(node.start, node.end, this.use(`${object.object.name}$prototype$${property.name}`));
      return true;
    }
    if (!ACCESSORS.has(property.name) || object.type === "Super" || hasOptional(object)) return undefined;
    if (parent?.type === "CallExpression" && key === "callee") return undefined;
    this.edits.before(node.start, `${this.use(`get$${property.name}`)}(`);
    this.visit(object, node, "object");
    this.edits.replace(this.text.lastIndexOf(".", property.start), node.end, ")");
    return true;
  }

  Identifier(node, parent, key) {
    if (!isGlobal(node) || !isReference(parent, key)) return;
    const name = this.use(`g$${node.name}`);
    const isShorthand = parent?.type === "Property" && parent.shorthand;
    this.edits.replace(node.start, node.end, isShorthand ? `${node.name}: ${name}` : name);
  }

  Property(node, parent) {
    // The key of a shorthand is its value too.
    if (!node.shorthand || parent.type === "ObjectPattern") return undefined;
    this.visit(node.value, node, "value");
    return true;
  }

  SpreadElement(node, parent) {
    return parent.type === "ObjectExpression" ? undefined : this.iterate(node.argument);
  }

  ForOfStatement(node) {
    return node.await ? undefined : this.iterate(node.right);
  }

  VariableDeclarator({ id, init }) {
    return id.type === "ArrayPattern" && init !== null && needsIterator(id, init) ? this.iterate(init) : undefined;
  }

  AssignmentExpression(node) {
    const { left, right } = node;
    if (left.type !== "ArrayPattern") return undefined;
    if (needsIterator(left, right)) return this.iterate(right);
    this.edits.before(node.start, "(");
    return () => this.edits.after(node.end, ")");
  }

  /** Lists are taken apart by their indices, which takes no iterator. */
  ArrayPattern(node, parent) {
    const source = { VariableDeclarator: parent.init, AssignmentExpression: parent.right }[parent.type];
    if (source && needsIterator(node, source)) return undefined;
    // The rest of a parameter takes the realm's iterator: declare it in the function where that matters.
    if (hasRest(node)) return undefined;
    let position = node.start;
    let isFirst = true;
    node.elements.forEach((element, index) => {
      if (element === null) return;
      this.edits.replace(position, element.start, `${isFirst ? "{ " : ", "}${index}: `);
      position = element.end;
      isFirst = false;
      this.visit(element, node, "elements");
    });
    this.edits.replace(position, node.end, isFirst ? "{}" : " }");
    return true;
  }

  /** What is iterated is so as it would have been. */
  iterate(node) {
    const open = this.use("iterate");
    this.edits.before(node.start, `${open}(`);
    return () => this.edits.after(node.end, ")");
  }
}

const isGlobal = (node) => node.type === "Identifier" && GLOBALS.has(node.name);

/** `X.prototype` of a built-in. */
function isPrototype(node) {
  return (
    node.type === "MemberExpression" && !node.computed && isGlobal(node.object) && node.property.name === "prototype"
  );
}

/** Whether a chain of members and calls may end early. */
function hasOptional(node) {
  if (node.type !== "MemberExpression" && node.type !== "CallExpression") return false;
  return node.optional || hasOptional(node.object ?? node.callee);
}

const hasRest = ({ elements }) => elements.some((element) => element?.type === "RestElement");

/** Whether a list of the right may be something else than a list, or its rest is wanted. */
function needsIterator(pattern, source) {
  if (hasRest(pattern)) return true;
  const name = source.type === "CallExpression" ? source.callee.property?.name : undefined;
  return name === "keys" || name === "values" || name === "entries";
}

/** Whether an identifier stands for a value, and is neither declared nor a name. */
function isReference(parent, key) {
  switch (parent?.type) {
    case "MemberExpression":
      return key === "object" || parent.computed;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return key === "value" || parent.computed;
    case "ImportSpecifier":
    case "ExportSpecifier":
    case "LabeledStatement":
      return false;
    case "VariableDeclarator":
      return key === "init";
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ClassDeclaration":
    case "ClassExpression":
      return key === "superClass";
    default:
      return true;
  }
}
