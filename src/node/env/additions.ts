// Methods that Workers add to Node's own classes: there for as long as a test's environment is, since others use the classes
// too. A file that follows in the same realm finds them again.

/** By class and name, `{ prototype, name, ours, before }`; the newest of a name counts. */
const all = [];
let environments = 0;

function add(prototype, members) {
  const descriptors = Object.getOwnPropertyDescriptors(members);
  for (const [name, descriptor] of Object.entries(descriptors)) {
    const ours = { ...descriptor, enumerable: true, configurable: true };
    const known = all.find((one) => one.prototype === prototype && one.name === name);
    const before = known === undefined ? Object.getOwnPropertyDescriptor(prototype, name) : known.before;
    const addition = Object.assign(known ?? {}, { prototype, name, ours, before });
    if (known === undefined) all.push(addition);
    if (environments > 0) Object.defineProperty(prototype, name, ours);
  }
}

function begin() {
  if (environments++ > 0) return;
  for (const { prototype, name, ours } of all) Object.defineProperty(prototype, name, ours);
}

function end() {
  if (--environments > 0) return;
  for (const { prototype, name, before } of all) {
    if (before === undefined) delete prototype[name];
    else Object.defineProperty(prototype, name, before);
  }
}

// The rules of reading are loaded by the first who reads so.
add(ReadableStreamBYOBReader.prototype, {
  async readAtLeast(minimum, view) {
    require("./env-streams.ts");
    return this.readAtLeast(minimum, view);
  },
});

export const additions = { add, begin, end };
