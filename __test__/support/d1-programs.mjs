// Programs over a D1 database, at random.

/** Steps of a program after the first one, which makes its tables. */
const STEPS = 60;

/** A program: a table, and steps that fill, change and read it, some of them wrong. */
export function programOf(random) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const value = () =>
    one([
      () => Math.floor(random() * 10),
      // Versions of SQLite write longer numbers as texts of different lengths.
      () => Number(((random() - 0.5) * 10 ** Math.floor(random() * 10)).toPrecision(6)),
      () => one(["", "a", "B", "it's", "ü 👋", "1", "1e3", " 7 ", "NULL", "a;b", "x".repeat(300)]),
      () => null,
      () => Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 256)),
      () => -0.5,
    ])();
  const type = () => one(["INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", ""]);
  const column = () => one(["a", "b", "c"]);
  const expression = () =>
    one([
      () => column(),
      () => `${column()} + ${column()}`,
      () => `${column()} || ?`,
      () => `typeof(${column()})`,
      () => `length(${column()})`,
      () => `upper(${column()})`,
      () => `CAST(${column()} AS ${one(["INTEGER", "REAL", "TEXT", "BLOB"])})`,
      () => `${column()} = ?`,
      () => `coalesce(${column()}, ?)`,
      () => `json_quote(${one(["a", "b"])})`,
      () => `hex(${column()})`,
      () => `nope(${column()})`,
      () => "nope",
      () => "count(*)",
      () => `sum(${column()})`,
      () => `max(${column()}, 1)`,
    ])();
  /** A statement with as many values as it has parameters, or now and then one more or less. */
  const statement = (sql, isExact = false) => {
    const count = sql.split("?").length - 1 + (!isExact && random() < 0.04 ? one([-1, 1]) : 0);
    return [sql, Array.from({ length: Math.max(count, 0) }, value)];
  };
  const select = () =>
    `SELECT ${expression()} AS x, ${expression()} AS y FROM t${one(["", ` WHERE ${expression()}`, " ORDER BY rowid DESC"])} LIMIT ${1 + Math.floor(random() * 4)}`;
  const write = () =>
    one([
      () => "INSERT INTO t (a, b, c) VALUES (?, ?, ?)",
      () => "INSERT OR REPLACE INTO t (id, a) VALUES (?, ?)",
      () => "INSERT INTO t (a) VALUES (?) RETURNING id, a",
      () => "INSERT INTO t (id) VALUES (1)",
      () => `UPDATE t SET ${column()} = ${expression()} WHERE id % 2 = 0`,
      () => `DELETE FROM t WHERE ${column()} = ?`,
      () => "INSERT INTO u SELECT a FROM t ON CONFLICT DO NOTHING",
      () => "CREATE TABLE IF NOT EXISTS v (a)",
      () => "INSERT INTO nope VALUES (?)",
      () => "UPDATE",
    ])();
  const any = () => (random() < 0.5 ? select() : write());
  const line = () =>
    one([
      "INSERT INTO t (a) VALUES ('line')",
      "UPDATE t SET b = 'x' WHERE id = 2;",
      "SELECT * FROM t",
      "DELETE FROM u",
      "SELEC",
      " CREATE TABLE IF NOT EXISTS w (a)",
    ]);
  const step = () =>
    one([
      // Of a statement with two faults, either may be told.
      () => ["run", statement(any(), true)],
      () => ["all", statement(any())],
      () => ["raw", statement(any())],
      () => ["first", statement(select()), one([null, "x", "y", "z"])],
      () => ["batch", ...Array.from({ length: Math.floor(random() * 4) }, () => statement(any()))],
      () => ["exec", Array.from({ length: 1 + Math.floor(random() * 3) }, line).join("\n")],
    ])();
  const create = `CREATE TABLE t (id INTEGER PRIMARY KEY, a ${type()} ${one(["", "UNIQUE"])}, b ${type()}, c ${type()})`;
  const tables = ["exec", `${create}\nCREATE TABLE u (a UNIQUE)\nINSERT INTO t (a) VALUES ('first')`];
  return [tables, ...Array.from({ length: STEPS }, step), ["all", ["SELECT * FROM t ORDER BY id", []]]];
}
