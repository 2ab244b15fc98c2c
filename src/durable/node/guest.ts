// How the state of a Durable Object that a test has constructed itself says what runs events behind its gates: by a symbol,
// since the classes may be those of another copy of this package.

/** A property of such a state, a `GuestState`. */
const GUEST: unique symbol = Symbol.for("miniflare-rs.guest");

export { GUEST };
