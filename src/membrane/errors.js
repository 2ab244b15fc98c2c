// How errors cross: rebuilt in the other realm as an instance of the same built-in class, with name, message, stack, cause
// and own properties. Like everything with an identity they carry a number, so an error that comes home is the original.
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

  /**
   * @param intrinsics the realm's shared classes
   * @param refine called with each rebuilt error and its name, e.g. to give it a class that only one realm has
   * @param stackOf the stack that an error of this realm shows to the other
   * @param showStack rewrites the stack of an error that arrives
   */
  function createErrors({
    intrinsics,
    refine = () => {},
    stackOf = (error) => error.stack,
    showStack = (stack) => stack,
  }) {
    const underway = new Set();
    return { is, encode, create, fill };

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
      parts.push(ownProperties(error).flatMap(([key, value]) => [key, membrane.encode(value)]));
      return parts;
    }

    function fill(error, wire, membrane) {
      const [, , , name, , stack, cause, errors, own] = wire;
      if (errors) hidden(error, "errors", errors.map(membrane.decode));
      if (error.name !== name) hidden(error, "name", name);
      if (stack !== undefined) hidden(error, "stack", showStack(stack));
      if (cause) hidden(error, "cause", membrane.decode(cause[0]));
      for (let index = 0; index < (own?.length ?? 0); index += 2) error[own[index]] = membrane.decode(own[index + 1]);
      refine(error, name);
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

  function baseOf(error) {
    if (tagOf(error) === "[object DOMException]") return "DOMException";
    for (let proto = Object.getPrototypeOf(error); proto !== null; proto = Object.getPrototypeOf(proto)) {
      const name = Object.hasOwn(proto, "constructor") ? proto.constructor?.name : undefined;
      if (BUILT_IN.includes(name)) return name;
    }
    return "Error";
  }

  function ownProperties(error) {
    return Object.getOwnPropertyNames(error)
      .filter((key) => !OWN.has(key))
      .map((key) => [key, Object.getOwnPropertyDescriptor(error, key)])
      .filter(([, one]) => "value" in one)
      .map(([key, one]) => [key, one.value]);
  }

  function hidden(error, key, value) {
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  }

  const exported = { createErrors };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
