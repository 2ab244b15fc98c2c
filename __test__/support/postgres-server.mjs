// A server that speaks as much of PostgreSQL's protocol (version 3) as drivers need to log in with a password in clear text, and to
// run statements: `answer(statement, values)` returns rows of texts, by the names of columns.

import { tcpServer } from "./tcp-server.mjs";

const TEXT_TYPE = 25;
const PROTOCOL = 196608;

const int16 = (value) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const zero = (text) => Buffer.from(`${text}\0`);
const message = (type, ...parts) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
};

const READY = message("Z", Buffer.from("I"));
const columnOf = (name) =>
  Buffer.concat([zero(name), int32(0), int16(0), int32(TEXT_TYPE), int16(-1), int32(-1), int16(0)]);
const description = (names) => message("T", int16(names.length), ...names.map(columnOf));
const row = (values) =>
  message(
    "D",
    int16(values.length),
    ...values.flatMap((value) => [int32(Buffer.byteLength(value)), Buffer.from(value)]),
  );

/** The texts of a message that are ended by zero, and where they end. */
function textsOf(body, count) {
  const texts = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    const end = body.indexOf(0, at);
    texts.push(body.toString("utf8", at, end));
    at = end + 1;
  }
  return [texts, at];
}

/** The values of a Bind message. */
function valuesOf(body) {
  let [, at] = textsOf(body, 2);
  at += 2 + 2 * body.readInt16BE(at);
  const count = body.readInt16BE(at);
  at += 2;
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at);
    const value = body.toString("utf8", at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  });
}

class Session {
  #statement = "";
  #values = [];

  constructor(socket, { password, answer }) {
    this.send = (...parts) => socket.write(Buffer.concat(parts));
    this.end = () => socket.end();
    this.answer = answer;
    this.password = password;
  }

  handle(type, body) {
    this[type]?.(body);
  }

  /** PasswordMessage. */
  p(body) {
    const [[given]] = textsOf(body, 1);
    if (given !== this.password) {
      this.send(
        message(
          "E",
          Buffer.from("S"),
          zero("FATAL"),
          Buffer.from("C"),
          zero("28P01"),
          Buffer.from("M"),
          zero("wrong password"),
          Buffer.from([0]),
        ),
      );
      return this.end();
    }
    this.send(
      message("R", int32(0)),
      message("S", zero("server_version"), zero("16.0")),
      message("K", int32(1), int32(2)),
      READY,
    );
  }

  /** Query. */
  Q(body) {
    const [[statement]] = textsOf(body, 1);
    const rows = this.answer(statement, []);
    this.send(description(Object.keys(rows[0] ?? {})), ...this.#rows(rows), READY);
  }

  /** Parse. */
  P(body) {
    [this.#statement] = textsOf(body, 2)[0].slice(1);
    this.send(message("1"));
  }

  /** Bind. */
  B(body) {
    this.#values = valuesOf(body);
    this.send(message("2"));
  }

  /** Describe: of a statement, its parameters as well. */
  D(body) {
    const count = new Set(this.#statement.match(/\$\d+/g)).size;
    const types = message("t", int16(count), ...Array.from({ length: count }, () => int32(TEXT_TYPE)));
    const names = Object.keys(this.answer(this.#statement, this.#values)[0] ?? {});
    this.send(body[0] === "S".charCodeAt(0) ? types : Buffer.alloc(0), description(names));
  }

  /** Execute. */
  E() {
    this.send(...this.#rows(this.answer(this.#statement, this.#values)));
  }

  /** Sync. */
  S() {
    this.send(READY);
  }

  /** Terminate. */
  X() {
    this.end();
  }

  #rows(rows) {
    return [...rows.map((one) => row(Object.values(one))), message("C", zero(`SELECT ${rows.length}`))];
  }
}

/** Serves until the test ends: `{ port }`. */
export function postgresServer(t, options) {
  return tcpServer(t, (socket) => {
    const session = new Session(socket, options);
    let rest = Buffer.alloc(0);
    let hasStarted = false;
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const head = hasStarted ? 1 : 0;
        if (rest.length < head + 4) return;
        const length = head + rest.readInt32BE(head);
        if (rest.length < length) return;
        const [type, body] = [String.fromCharCode(rest[0]), rest.subarray(head + 4, length)];
        rest = rest.subarray(length);
        if (hasStarted) session.handle(type, body);
        else if (body.readInt32BE(0) !== PROTOCOL) socket.write("N");
        else {
          hasStarted = true;
          socket.write(message("R", int32(3)));
        }
      }
    });
  });
}
