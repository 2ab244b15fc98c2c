// What SQL may say in objects: each statement is allowed, or refused with the same error, as on Miniflare 4, except for the
// differences that are named.

import { after, before, describe } from "node:test";
import assert from "node:assert/strict";
import { Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { within } from "../support/test.mjs";

const test = within(120_000);

const many = (count, what, separator = ", ") => Array(count).fill(what).join(separator);
const nested = (depth) => `${"(1 + ".repeat(depth)}1${")".repeat(depth)}`;
const texts = (words, of) => words.split(/\s+/).map(of);

const PRAGMAS = `data_version page_size page_count freelist_count table_list foreign_keys defer_foreign_keys case_sensitive_like
  ignore_check_constraints legacy_alter_table recursive_triggers reverse_unordered_selects quick_check integrity_check optimize
  foreign_key_check journal_mode synchronous user_version application_id encoding cache_size mmap_size temp_store auto_vacuum
  max_page_count wal_checkpoint writable_schema trusted_schema query_only read_uncommitted secure_delete threads busy_timeout
  compile_options function_list module_list pragma_list collation_list database_list schema_version analysis_limit
  automatic_index cell_size_check checkpoint_fullfsync count_changes empty_result_callbacks full_column_names fullfsync
  hard_heap_limit incremental_vacuum journal_size_limit legacy_file_format locking_mode short_column_names shrink_memory
  soft_heap_limit stats wal_autocheckpoint unknown`;
const OF_TABLE =
  "table_info table_xinfo index_list index_info index_xinfo foreign_key_list foreign_key_check quick_check";

const CALLS = `abs(-1) changes() char(65) coalesce(1,2) concat('a','b') concat_ws('-','a','b') format('%d',1) glob('a','a') hex('a')
  ifnull(1,2) iif(1,2,3) instr('ab','b') last_insert_rowid() length('a') like('a','a') likelihood(1,0.5) likely(1) lower('A')
  ltrim('_a') max(1,2) min(1,2) nullif(1,2) octet_length('a') printf('%d',1) quote('a') replace('a','a','b') round(1.5) rtrim('a')
  sign(-1) soundex('a') substr('ab',1,1) substring('ab',1,1) total_changes() trim('a') typeof(1) unhex('41') unicode('A')
  unlikely(1) upper('a') zeroblob(1) abs(random())>=0 length(randomblob(2)) sqlite_version() sqlite_source_id()
  sqlite_compileoption_used('x') sqlite_compileoption_get(1) sqlite_offset(1) load_extension('x') fts3_tokenizer('x')
  date(0) time(0) datetime(0) julianday(0) unixepoch(0) strftime('%Y',0) timediff(0,1) date('now')>'2000' current_timestamp>'2000'
  acos(1) acosh(1) asin(0) asinh(0) atan(0) atan2(0,1) atanh(0) ceil(1.5) ceiling(1.5) cos(0) cosh(0) degrees(0) exp(0) floor(1.5)
  ln(1) log(1) log(2,4) log10(1) log2(2) mod(5,3) pi()>3 pow(2,2) power(2,2) radians(0) sin(0) sinh(0) sqrt(4) tan(0) tanh(0) trunc(1.5)
  json('{}') json_array(1) json_array_length('[1]') json_error_position('{') json_extract('[1]','$[0]') json_insert('[]','$[0]',1)
  json_object('a',1) json_patch('{}','{}') json_pretty('[1]') json_quote('a') json_remove('[1]','$[0]') json_replace('[1]','$[0]',2)
  json_set('[1]','$[0]',2) json_type('[]') json_valid('[]') '[1]'->'$[0]' '[1]'->>'$[0]' hex(jsonb('[1]')) hex(jsonb_array(1))
  hex(jsonb_extract('[[1]]','$[0]')) hex(jsonb_insert('[]','$[0]',1)) hex(jsonb_object('a',1)) hex(jsonb_patch('{}','{}'))
  hex(jsonb_remove('[1]','$[0]')) hex(jsonb_replace('[1]','$[0]',2)) hex(jsonb_set('[1]','$[0]',2)) unistr('a') unistr_quote('a')
  if(1,2,3) subtype('a') edit('a') writefile('a','b') readfile('a') fts5(1) fts5_source_id()>'' rtreecheck('r') rtreenode(1,x'') geopoly_area('[]')
  regexp('a','a') uuid() decimal('1') sha1('a') eval('SELECT 1') median(1) percentile(1,50) base64(x'00')`;
const AGGREGATES = `avg(a) count(a) count(*) group_concat(a) string_agg(a,',') max(a) min(a) sum(a) total(a) json_group_array(a)
  json_group_object(a,a) hex(jsonb_group_array(a)) hex(jsonb_group_object(a,a)) median(a) percentile(a,50)`;
const WINDOWS = `row_number() rank() dense_rank() percent_rank() cume_dist() ntile(2) lag(a) lead(a) first_value(a) last_value(a) nth_value(a,1) sum(a)`;

/** Statements by what they are about; one that does not begin a table of its own uses `t (a, b)`. */
const STATEMENTS = {
  pragmas: [
    ...texts(PRAGMAS, (name) => `PRAGMA ${name}`),
    ...texts(PRAGMAS, (name) => `PRAGMA ${name} = 1`),
    ...texts(OF_TABLE, (name) => `PRAGMA ${name}(t)`),
    ...texts(OF_TABLE, (name) => `PRAGMA ${name}('_cf_KV')`),
    ...texts(OF_TABLE, (name) => `PRAGMA main.${name}(t)`),
    ...texts(OF_TABLE, (name) => `SELECT count(*) FROM pragma_${name}('t')`),
    ..."on off yes no true false 0 2 maybe".split(" ").map((value) => `PRAGMA foreign_keys = ${value}`),
    ..."on off yes no true false 0 2 maybe".split(" ").map((value) => `PRAGMA case_sensitive_like = ${value}`),
    "PRAGMA optimize(0x10002)",
    "SELECT count(*) > 0 FROM pragma_function_list",
    "SELECT count(*) FROM pragma_database_list",
  ],
  functions: [
    ...CALLS.split(/\s+/).map((call) => `SELECT ${call}`),
    ...AGGREGATES.split(/\s+/).map((call) => `SELECT ${call} FROM t`),
    ...WINDOWS.split(/\s+/).map((call) => `SELECT ${call} OVER (ORDER BY a) FROM t`),
    "SELECT value FROM json_each('[1,2]')",
    "SELECT count(*) FROM json_tree('[1,[2]]')",
    "SELECT value FROM generate_series(1, 3)",
    "SELECT * FROM carray(1, 2)",
  ],
  tables: [
    "CREATE VIRTUAL TABLE f USING fts5(a)",
    "INSERT INTO f VALUES ('some words'), ('other words')",
    "SELECT rowid, highlight(f, 0, '<', '>'), snippet(f, 0, '', '', '', 2), bm25(f) < 0 FROM f('words') ORDER BY rank",
    "INSERT INTO f(f) VALUES ('optimize')",
    "INSERT INTO f(f) VALUES ('integrity-check')",
    "CREATE VIRTUAL TABLE g USING fts5(a, tokenize = 'porter unicode61')",
    "CREATE VIRTUAL TABLE h USING fts5(a, tokenize = 'trigram', prefix = '2 3', content = '')",
    "CREATE VIRTUAL TABLE v USING fts5vocab(f, row)",
    "SELECT * FROM v",
    "CREATE VIRTUAL TABLE w USING fts5vocab(f, 'instance')",
    "SELECT term, doc FROM w",
    "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)",
    "INSERT INTO r VALUES (1, 0, 2)",
    "SELECT * FROM r WHERE x0 < 1",
    "CREATE VIRTUAL TABLE i USING rtree_i32(id, x0, x1)",
    ..."geopoly fts3 fts4 fts4aux dbstat sqlite_dbpage csv series bytecode sqlite_stmt unknown"
      .split(" ")
      .map((module) => `CREATE VIRTUAL TABLE m_${module} USING ${module}(a)`),
    "SELECT count(*) FROM dbstat",
    "SELECT count(*) FROM sqlite_dbpage",
    "SELECT count(*) FROM bytecode('SELECT 1')",
    "SELECT count(*) FROM sqlite_stmt",
    "CREATE TABLE strict (a INTEGER, b TEXT) STRICT",
    "INSERT INTO strict VALUES ('x', 1)",
    "CREATE TABLE generated (a, b GENERATED ALWAYS AS (a * 2) STORED)",
    "INSERT INTO generated (a) VALUES (2) RETURNING b",
    "CREATE TABLE no_rowid (a PRIMARY KEY) WITHOUT ROWID",
    "CREATE INDEX e ON t (a + b) WHERE a > 0",
    "CREATE VIEW vw AS SELECT a FROM t",
    "CREATE TRIGGER tr INSTEAD OF INSERT ON vw BEGIN INSERT INTO t VALUES (NEW.a, 1); END",
    "INSERT INTO vw VALUES (77)",
    "SELECT count(*) FROM t WHERE a = 77",
    "ALTER TABLE t ADD COLUMN c DEFAULT 5",
    "ALTER TABLE t RENAME COLUMN c TO d",
    "ALTER TABLE t DROP COLUMN d",
    "ALTER TABLE no_rowid RENAME TO renamed",
    "CREATE TEMP TABLE tt (a)",
    "CREATE TEMPORARY VIEW tv AS SELECT 1",
    "CREATE TEMP TRIGGER ttr AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE TABLE temp.x (a)",
    "CREATE VIEW temp.x AS SELECT 1",
    "CREATE TRIGGER temp.x AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE temp.x USING fts5(a)",
    "SELECT name FROM sqlite_temp_schema",
    "SELECT count(*) > 0 FROM sqlite_master",
    "SELECT count(*) > 0 FROM sqlite_schema",
    "SELECT count(*) > 0 FROM main.sqlite_schema",
    "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)",
    "DELETE FROM sqlite_schema",
    "CREATE TABLE sqlite_x (a)",
    "CREATE TABLE seq (a INTEGER PRIMARY KEY AUTOINCREMENT)",
    "INSERT INTO seq VALUES (5)",
    "SELECT * FROM sqlite_sequence",
    "UPDATE sqlite_sequence SET seq = 9",
    "ANALYZE",
    "SELECT count(*) FROM sqlite_stat1",
    "REINDEX",
    "VACUUM",
    "VACUUM INTO 'x'",
    "EXPLAIN SELECT 1",
    "EXPLAIN QUERY PLAN SELECT a FROM t",
    "UPDATE t SET a = 1 LIMIT 1",
    "DELETE FROM t WHERE a = 99 ORDER BY a LIMIT 1",
  ],
  transactions: [
    ...[
      "BEGIN",
      "BEGIN IMMEDIATE",
      "BEGIN EXCLUSIVE TRANSACTION",
      "COMMIT",
      "END",
      "ROLLBACK",
      "SAVEPOINT a",
      "RELEASE a",
    ],
    ...["ROLLBACK TO a", "ATTACH ':memory:' AS a", "ATTACH 'x' AS y", "DETACH a", "DETACH main"],
  ],
  names: [
    "CREATE TABLE _cf_x (a)",
    "CREATE TABLE t2 (_cf_a)",
    "CREATE INDEX _cf_i ON t (a)",
    "CREATE VIEW _cf_v AS SELECT 1",
    "CREATE TRIGGER _cf_t AFTER INSERT ON t BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE _cf_f USING fts5(a)",
    "ALTER TABLE t RENAME TO _cf_t",
    "SELECT * FROM _cf_KV",
    "SELECT key FROM _cf_KV",
    "SELECT count(*) FROM _cf_KV",
    "INSERT INTO _cf_KV VALUES ('a', x'00')",
    "UPDATE _cf_KV SET value = x'00'",
    "DELETE FROM _cf_KV",
    "DROP TABLE _cf_KV",
    "CREATE INDEX ix ON _cf_KV (value)",
    "CREATE TRIGGER tk AFTER INSERT ON _cf_KV BEGIN SELECT 1; END",
    "CREATE VIEW vk AS SELECT * FROM _cf_KV",
    "SELECT * FROM vk",
    "SELECT 1 AS _cf_a",
    "WITH _cf_c AS (SELECT 1) SELECT * FROM _cf_c",
    "SELECT name FROM sqlite_schema WHERE name LIKE '_cf%'",
  ],
  limits: [
    `CREATE TABLE c100 (${Array.from({ length: 100 }, (_, index) => `c${index}`)})`,
    `CREATE TABLE c101 (${Array.from({ length: 101 }, (_, index) => `c${index}`)})`,
    `SELECT ${many(100, "1")}`,
    `SELECT ${many(101, "1")}`,
    `SELECT ${nested(98)}`,
    `SELECT ${nested(99)}`,
    `SELECT ${nested(100)}`,
    `SELECT ${nested(101)}`,
    `SELECT 1 WHERE ${many(99, "1", " AND ")}`,
    `SELECT 1 WHERE ${many(120, "1", " AND ")}`,
    many(5, "SELECT 1", " UNION ALL "),
    many(6, "SELECT 1", " UNION ALL "),
    `INSERT INTO t VALUES ${many(500, "(1, 2)")}`,
    `SELECT max(${many(127, "1")})`,
    `SELECT max(${many(128, "1")})`,
    `SELECT '${"x".repeat(50)}' LIKE '${"x".repeat(50)}'`,
    `SELECT '${"x".repeat(51)}' LIKE '${"x".repeat(51)}'`,
    `SELECT '${"x".repeat(51)}' GLOB '${"x".repeat(51)}'`,
    `SELECT length('${"x".repeat(99_980)}')`,
    `SELECT length('${"x".repeat(99_990)}')`,
    "SELECT length(zeroblob(2200000))",
    "SELECT length(zeroblob(2200001))",
    "INSERT INTO t VALUES (1, zeroblob(2000000))",
    "INSERT INTO t VALUES (1, zeroblob(2199980))",
    "INSERT INTO t VALUES (1, zeroblob(2200000))",
    "SELECT ?101",
    "SELECT ?100",
    "CREATE TABLE loop (a); CREATE TRIGGER again AFTER INSERT ON loop WHEN NEW.a > 0 BEGIN INSERT INTO loop VALUES (NEW.a - 1); END",
    "PRAGMA recursive_triggers = 1",
    "INSERT INTO loop VALUES (9)",
    "INSERT INTO loop VALUES (10)",
    "INSERT INTO loop VALUES (11)",
    `SELECT ${many(60, `(SELECT count(*) FROM t WHERE ${many(40, "a IN (1, 2, 3, 4, 5)", " OR ")})`)}`,
    `SELECT 1 FROM t ${many(65, "JOIN t USING (a)", " ")}`,
  ],
};

const unknown = (name) => `Error: no such function: ${name} at offset 7: SQLITE_ERROR`;
const unauthorized = (name) => `Error: not authorized to use function: ${name} at offset 7: SQLITE_ERROR`;
const REFUSED = "Error: not authorized: SQLITE_AUTH";

/** What differs, `[theirs, ours]`: they refuse more of what SQLite has, and build it from its sources, with more of its syntax. */
const DIFFERENCES = {
  // Changes of other connections, of which the runtime has its own.
  "PRAGMA data_version": [[[2]], [[1]]],
  "PRAGMA page_size": [REFUSED, [[4096]]],
  "SELECT ceiling(1.5)": [unauthorized("ceiling"), [[2]]],
  "SELECT log10(1)": [unauthorized("log10"), [[0]]],
  "SELECT power(2,2)": [unauthorized("power"), [[4]]],
  "SELECT json_error_position('{')": [unauthorized("json_error_position"), [[2]]],
  "SELECT json_pretty('[1]')": [unauthorized("json_pretty"), [["[\n    1\n]"]]],
  "SELECT unistr('a')": [unknown("unistr"), [["a"]]],
  "SELECT unistr_quote('a')": [unknown("unistr_quote"), [["'a'"]]],
  "SELECT if(1,2,3)": [unknown("if"), [[2]]],
  "SELECT soundex('a')": [unknown("soundex"), unauthorized("soundex")],
  "SELECT fts3_tokenizer('x')": [unknown("fts3_tokenizer"), unauthorized("fts3_tokenizer")],
  "SELECT rtreecheck('r')": [unknown("rtreecheck"), "Error: SQL logic error: SQLITE_ERROR"],
  "SELECT rtreenode(1,x'')": [unknown("rtreenode"), [[null]]],
  "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)": [REFUSED, []],
  "INSERT INTO r VALUES (1, 0, 2)": ["Error: no such table: r: SQLITE_ERROR", []],
  "SELECT * FROM r WHERE x0 < 1": ["Error: no such table: r: SQLITE_ERROR", [[1, 0, 2]]],
  "SELECT count(*) FROM dbstat": ["Error: no such table: dbstat: SQLITE_ERROR", REFUSED],
  "SELECT count(*) FROM sqlite_stat1": [[[14]], [[16]]],
  "EXPLAIN QUERY PLAN SELECT a FROM t": [[[2, 0, 32, "SCAN t"]], [[2, 0, 30, "SCAN t"]]],
  "UPDATE t SET a = 1 LIMIT 1": [[], 'Error: near "LIMIT": syntax error at offset 19: SQLITE_ERROR'],
  "DELETE FROM t WHERE a = 99 ORDER BY a LIMIT 1": [[], 'Error: near "ORDER": syntax error at offset 27: SQLITE_ERROR'],
  "CREATE VIRTUAL TABLE _cf_f USING fts5(a)": [
    `Error: fts5: error creating shadow table _cf_f_data: not authorized: SQLITE_AUTH`,
    REFUSED,
  ],
  "INSERT INTO loop VALUES (10)": [
    "Error: too many levels of trigger recursion: SQLITE_ERROR",
    "Error: triggers nested too deep: SQLITE_ERROR",
  ],
  "INSERT INTO loop VALUES (11)": [
    "Error: too many levels of trigger recursion: SQLITE_ERROR",
    "Error: triggers nested too deep: SQLITE_ERROR",
  ],
};

const script = `
const shown = (value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value);
export class Box {
  constructor({ storage }) { this.sql = storage.sql; this.storage = storage; }
  async fetch(request) {
    await this.storage.put("key", 1);
    this.sql.exec("CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2), (3, 4)");
    const found = [];
    for (const text of await request.json()) {
      try {
        found.push(this.sql.exec(text).raw().toArray().map((row) => row.map(shown)));
      } catch (error) {
        found.push(error.name + ": " + error.message);
      }
    }
    return Response.json(found);
  }
}
export default { fetch(request, env) {
  return env.BOX.get(env.BOX.idFromName(request.headers.get("name"))).fetch(request);
} };`;

const OPTIONS = {
  modules: true,
  script,
  compatibilityDate: "2025-01-01",
  durableObjects: { BOX: { className: "Box", useSQLite: true } },
};

describe("SQL in objects, as on Miniflare 4:", () => {
  const instances = [];
  before(() => instances.push(new Miniflare(OPTIONS), new Miniflare4(OPTIONS)));
  after(() => Promise.all(instances.map((mf) => mf.dispose())));

  for (const [name, statements] of Object.entries(STATEMENTS)) {
    test(name, async () => {
      const [own, theirs] = await Promise.all(
        instances.map(async (mf) => {
          const init = { method: "POST", headers: { name }, body: JSON.stringify(statements) };
          return (await mf.dispatchFetch("http://localhost/", init)).json();
        }),
      );
      const different = statements.flatMap((statement, index) => {
        const [a, b] = [theirs[index], own[index]].map((value) => JSON.stringify(value));
        return a === b ? [] : [[statement.slice(0, 90), theirs[index], own[index]]];
      });
      assert.deepEqual(
        Object.fromEntries(different.map(([statement, ...values]) => [statement, values])),
        Object.fromEntries(
          Object.entries(DIFFERENCES).filter(([key]) => statements.some((statement) => statement.slice(0, 90) === key)),
        ),
      );
    });
  }
});
