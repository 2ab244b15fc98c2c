// Node's fetch classes. Node loads them when the first of them is touched, which takes longer than a worker takes to
// start, and few suites ever touch one: so nothing here does before somebody needs what only Node's class can answer.
//
// A test may put others in their place at any time, this package's own among them. Those that are there while this package
// is loaded are remembered, if a look does not load them: up to Node 21 they are behind accessors until then. Since Node 22
// nothing leads to them but being asked for them: if they are gone before that, undici's stand in for them, of which
// Node's are a copy.

const NAMES = ["Headers", "Request", "Response", "FormData"] as const;

type Name = (typeof NAMES)[number];
/** Node's own classes, by their names. */
type WebClasses = Pick<typeof globalThis, Name>;
/** Those that this package extends, and whether they are Node's own; that is known once one of them has been asked for. */
type Parents = WebClasses & { areNodes?: boolean };
/** A class of a copy of this package says which classes those of that copy extend. */
type Found = { [PARENTS]?: Parents } | undefined;

/** The classes that those of a copy of this package extend, as each of them says. */
const PARENTS = Symbol.for("miniflare-rs.parents");

/** Where a global scope says, for as long as a copy of this package is loaded into it, what `placesIn` said before. */
const PLACES = Symbol.for("miniflare-rs.places");

/** Node's list of what it has loaded, of which it gives no type. */
type LoadingProcess = NodeJS.Process & { moduleLoadList?: string[] };

const UNDICI = "NativeModule internal/deps/undici/undici";
const mayLook =
  Number.parseInt(process.versions.node, 10) < 22 || (process as LoadingProcess).moduleLoadList?.includes(UNDICI);
const places = new Map<string, PropertyDescriptor | undefined>(
  Reflect.get(globalThis, PLACES) ?? (mayLook ? placesIn(globalThis) : []),
);

/** Where Node's classes are in a global scope, by their names. */
function placesIn(scope: object): [Name, PropertyDescriptor | undefined][] {
  return NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(scope, name)]);
}

/** Remembers where Node's classes are, before others become global in their places. */
function keepPlaces(): void {
  for (const name of NAMES) {
    const place = Object.getOwnPropertyDescriptor(globalThis, name);
    if (!places.has(name) && place !== undefined) places.set(name, place);
  }
}

/** Node's own classes. */
const web = {} as Parents;
for (const name of NAMES) {
  Object.defineProperty(web, name, { get: () => keepAll()[name], configurable: true, enumerable: true });
}

/** Whether those that this package extends are Node's own, which Node's `fetch` takes. */
const extendsNodes = (): boolean => web.Request !== undefined && web.areNodes === true;

/** Finds them all at once: each knows the others of its kind, and no more. */
function keepAll(): Parents {
  const found = Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Parents;
  const parents = (Object.values(found) as Found[]).find((one) => one?.[PARENTS] !== undefined)?.[PARENTS];
  const classes = parents ?? found;
  const isGone = classes === web || NAMES.some((name) => typeof classes[name] !== "function");
  const kept = isGone ? (require("./web-undici.ts") as typeof import("./web-undici.ts")) : classes;
  web.areNodes = !isGone && (classes.areNodes ?? true);
  for (const name of NAMES) Object.defineProperty(web, name, { value: kept[name] });
  return web;
}

function read(name: Name): unknown {
  const found = places.get(name);
  if (found === undefined) return globalThis[name];
  if (found.get === undefined) return found.value;
  const now = Object.getOwnPropertyDescriptor(globalThis, name);
  if (now === undefined) Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
  const value = found.get.call(globalThis);
  // Node's accessor puts its value in the place of whatever is there by now.
  if (now === undefined) delete globalThis[name];
  else if (now.get !== found.get) Object.defineProperty(globalThis, name, now);
  return value;
}

/** Any class, of whatever parameters. */
type Class = abstract new (...args: never[]) => object;

/** A class by its global name: Node's own, where this package has one that a test may put in its place. */
const classNamed = (name: string): Class =>
  isKept(name) ? web[name] : (globalThis as unknown as Record<string, Class>)[name];
const isKept = (name: string): name is Name => (NAMES as readonly string[]).includes(name);

/**
 * Makes a class of ours extend Node's of this name, without loading that one. Stand-ins are in its place, and in its
 * prototype's, until something is asked of one; then Node's own are, for good.
 */
function extendLater(Class: Class, name: Name): void {
  const load = () => {
    const Parent = web[name];
    Object.setPrototypeOf(Class, Parent);
    Object.setPrototypeOf(Class.prototype, Parent.prototype);
    return Parent;
  };
  Object.defineProperty(Class, PARENTS, { value: web });
  const loadPrototype = () => load().prototype;
  Object.setPrototypeOf(Class, standIn(Nothing, load));
  Object.setPrototypeOf(Class.prototype, standIn({}, loadPrototype));
}

// What stands behind a proxy that is constructed.
function Nothing() {}

// Promises ask every object that they resolve to for its `then`; none of Node's classes has one.
function standIn<Target extends object>(target: Target, load: () => object): Target {
  return new Proxy(target, {
    construct: (_, args, newTarget) => Reflect.construct(load() as typeof Nothing, args, newTarget),
    get: (_, key, receiver) => (key === "then" ? undefined : Reflect.get(load(), key, receiver)),
    getPrototypeOf: load,
    has: (_, key) => Reflect.has(load(), key),
    set: (_, key, value, receiver) => Reflect.set(load(), key, value, receiver),
  });
}

export { classNamed, extendLater, extendsNodes, keepPlaces, PLACES, placesIn, web };
