// Methods that Workers add to Node's own classes: there for as long as a test's environment is, since others use the classes
// too. A file that follows in the same realm finds them again.

interface Addition {
  prototype: object;
  name: string;
  ours: PropertyDescriptor;
  before: PropertyDescriptor | undefined;
}

/** By class and name; the newest of a name counts. */
const all: Addition[] = [];
/** What loads, in each environment, how readers read. */
const environments: (() => unknown)[] = [];

function add(prototype: object, members: object) {
  const descriptors = Object.getOwnPropertyDescriptors(members);
  for (const [name, descriptor] of Object.entries(descriptors)) {
    const ours = { ...descriptor, enumerable: true, configurable: true };
    const known = all.find((one) => one.prototype === prototype && one.name === name);
    const before = known === undefined ? Object.getOwnPropertyDescriptor(prototype, name) : known.before;
    const addition: Addition = Object.assign(known ?? {}, { prototype, name, ours, before });
    if (known === undefined) all.push(addition);
    if (environments.length > 0) Object.defineProperty(prototype, name, ours);
  }
}

/** @param loadReading loads what adds to readers how they read; `end` is given the same */
function begin(loadReading: () => unknown) {
  if (environments.push(loadReading) > 1) return;
  for (const { prototype, name, ours } of all) Object.defineProperty(prototype, name, ours);
}

function end(loadReading: () => unknown) {
  environments.splice(environments.indexOf(loadReading), 1);
  if (environments.length > 0) return;
  for (const { prototype, name, before } of all) {
    if (before === undefined) delete (prototype as Record<string, unknown>)[name];
    else Object.defineProperty(prototype, name, before);
  }
}

/** A reader that has the method. */
interface Reader {
  readAtLeast(minimum: number, view: ArrayBufferView): Promise<unknown>;
}

// The rules of reading are loaded by the first who reads so.
add(ReadableStreamBYOBReader.prototype, {
  async readAtLeast(this: Reader, minimum: number, view: ArrayBufferView): Promise<unknown> {
    environments.at(-1)?.();
    return this.readAtLeast(minimum, view);
  },
});

export const additions = { add, begin, end };
