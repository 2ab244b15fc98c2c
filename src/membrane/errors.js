// How errors cross: rebuilt in the other realm as an instance of the same built-in class, with name, message, stack, cause
// and own properties. What a class of the user's own adds stays live: its methods and accessors work on the original. Like
// everything with an identity errors carry a number, so that one that comes home is the original.
(() => {
  "use strict";

  const BUILT_IN = [
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
    "AggregateError",
    "CompileError",
    "LinkError",
    "RuntimeError",
  ];
  const tagOf = (value) => Object.prototype.toString.call(value);
  const OWN = new Set(["name", "message", "stack", "cause", "errors"]);
  const WELL_KNOWN = new Set(Object.values(Object.getOwnPropertyDescriptors(Symbol)).map(({ value }) => value));

  /**
   * @param intrinsics the realm's shared classes
   * @param refine called with each rebuilt error and its name, e.g. to give it a class that only one realm has
   * @param stackOf the stack that an error of this realm shows to the other
   */
  function createErrors({ intrinsics, refine = () => {}, stackOf = (error) => error.stack }) {
    const underway = new Set();
    return { is, encode, create, fill, skip };

    function encode(error, number, membrane) {
      // An error that leads back to itself is known by its number by the time that it is met again.
      if (underway.has(error)) return ["e", number];
      underway.add(error);
      try {
        return encodeParts(error, number, membrane);
      } finally {
        underway.delete(error);
      }
    }

    function encodeParts(error, number, membrane) {
      const text = (read) => {
        try {
          return String(read() ?? "");
        } catch {
          return "";
        }
      };
      const parts = ["e", number, baseOf(error), text(() => error.name), text(() => error.message)];
      parts.push(text(() => stackOf(error)));
      parts.push("cause" in error && error.cause !== undefined ? [membrane.encode(error.cause)] : null);
      parts.push(Array.isArray(error.errors) ? error.errors.map((one) => membrane.encode(one)) : null);
      parts.push(ownProperties(error).flatMap(([key, value]) => [membrane.encode(key), membrane.encode(value)]));
      parts.push(inherited(error).flatMap(([key, member]) => [membrane.encode(key), encodeMember(member, membrane)]));
      return parts;
    }

    function fill(error, wire, membrane) {
      const [, , , name, , stack, cause, errors, own, members] = wire;
      if (errors) hidden(error, "errors", errors.map(membrane.decode));
      if (error.name !== name) hidden(error, "name", name);
      if (stack !== undefined) hidden(error, "stack", stack);
      if (cause) hidden(error, "cause", membrane.decode(cause[0]));
      // What has the same name comes after: an error's own properties hide those of its class.
      for (const [key, member] of pairs(members, membrane)) {
        Object.defineProperty(error, key, { ...decodeMember(member, membrane), configurable: true, enumerable: false });
      }
      for (const [key, value] of pairs(own, membrane)) setOwn(error, key, membrane.decode(value));
      refine(error, name);
    }

    /** An error that has arrived before needs nothing of this, but whatever was sent has to be received. */
    function skip(wire, membrane) {
      const [, , , , , , cause, errors, own, members] = wire;
      for (const part of [...(cause ?? []), ...(errors ?? [])]) membrane.decode(part);
      for (const [, value] of pairs(own, membrane)) membrane.decode(value);
      for (const [, member] of pairs(members, membrane)) decodeMember(member, membrane);
    }

    function create([, , base, name, message]) {
      const Class = intrinsics.byName(base) ?? intrinsics.byName("Error");
      if (base === "DOMException") return new Class(message, name);
      return base === "AggregateError" ? new Class([], message) : new Class(message);
    }
  }

  function is(value) {
    const tag = tagOf(value);
    return tag === "[object Error]" || tag === "[object DOMException]";
  }

  const constructorName = (proto) => (Object.hasOwn(proto, "constructor") ? proto.constructor?.name : undefined);

  function baseOf(error) {
    if (tagOf(error) === "[object DOMException]") return "DOMException";
    for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
      const name = constructorName(proto);
      if (BUILT_IN.includes(name)) return name;
    }
    return "Error";
  }

  function ownProperties(error) {
    return Reflect.ownKeys(error)
      .filter((key) => !OWN.has(key) && isShared(key))
      .map((key) => [key, Object.getOwnPropertyDescriptor(error, key)])
      .filter(([, one]) => "value" in one)
      .map(([key, one]) => [key, one.value]);
  }

  /** A symbol that is not registered is another one in the other realm. */
  const isShared = (key) => typeof key !== "symbol" || Symbol.keyFor(key) !== undefined || WELL_KNOWN.has(key);

  /** The methods and accessors of the user's own classes, those of the nearest class first. */
  function inherited(error) {
    const members = new Map();
    for (let proto = Object.getPrototypeOf(error); isUsers(proto); proto = Object.getPrototypeOf(proto)) {
      for (const key of Reflect.ownKeys(proto)) {
        if (key === "constructor" || OWN.has(key) || members.has(key) || !isShared(key)) continue;
        const member = Object.getOwnPropertyDescriptor(proto, key);
        if (typeof (member.value ?? member.get) === "function") members.set(key, member);
      }
    }
    return [...members];
  }

  function isUsers(proto) {
    const name = proto === null ? "Error" : constructorName(proto);
    return name !== "Error" && name !== "DOMException" && !BUILT_IN.includes(name);
  }

  const encodeMember = ({ value, get, set }, membrane) => ["k", ...[value, get, set].map(membrane.encode)];

  function decodeMember(wire, membrane) {
    const [value, get, set] = membrane.decode(wire);
    return value === undefined ? { get, set } : { value, writable: true };
  }

  function* pairs(flat, membrane) {
    for (let index = 0; index < (flat?.length ?? 0); index += 2) yield [membrane.decode(flat[index]), flat[index + 1]];
  }

  function setOwn(error, key, value) {
    if (Object.hasOwn(error, key)) delete error[key];
    error[key] = value;
  }

  function hidden(error, key, value) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  }

  const exported = { createErrors };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
