// The two dialects of D1 databases. Today's is that of Workers. The beta's is that of Miniflare 2, for bindings with the prefix
// `__D1_BETA__`: it has other texts of errors and a shorter `meta`, and `run()` refuses statements that return rows.

import type { D1Result } from "../../index.d.ts";

/** An outcome as it arrives: see `calls.rs`. */
export type Outcome = [
  rows: string | undefined,
  changes: number,
  lastRowId: number,
  hasChanged: boolean,
  size: number,
  rowsRead: number,
  duration: number,
  ownChanges: number,
];
/** An error: its text today, and that of the library which Miniflare 2 uses. */
export type Failure = [none: null, text: string, olderText: string];
export type Answer = Outcome[] | Failure;

export interface Dialect {
  readonly isBeta: boolean;
  error(text: string): Error;
  execError(line: string, text: string): Error;
  typeError(text: string): Error;
  columnError(column: string): Error;
  /** The result of a statement. */
  result<Row>(outcome: Outcome): D1Result<Row>;
}

const SERVED_BY = "miniflare.db";
/** What Workers say of a text without statements. */
export const NOTHING = "No SQL statements detected.";

export const TODAY: Dialect = {
  isBeta: false,

  error(text) {
    return new Error(`D1_ERROR: ${text}`, { cause: new Error(text) });
  },

  execError(line, text) {
    const where = `Error in line 1: ${line}: ${text}`;
    return new Error(`D1_EXEC_ERROR: ${where}`, { cause: new Error(where) });
  },

  typeError(text) {
    return new Error(`D1_TYPE_ERROR: ${text}`, { cause: new Error(text) });
  },

  columnError(column) {
    return new Error(`D1_COLUMN_NOTFOUND: Column not found (${column})`, { cause: new Error("Column not found") });
  },

  result<Row>([rows, changes, lastRowId, hasChanged, size, rowsRead, duration]: Outcome) {
    return {
      success: true,
      meta: {
        served_by: SERVED_BY,
        duration,
        changes,
        last_row_id: lastRowId,
        changed_db: hasChanged,
        size_after: size,
        rows_read: rowsRead,
        rows_written: changes,
      },
      results: rowsOf<Row>(rows),
    };
  },
};

export const BETA: Dialect = {
  isBeta: true,

  error(text) {
    return new Error("D1_ERROR", { cause: new Error(`Error: ${text}`) });
  },

  execError(line, text) {
    return new Error("D1_EXEC_ERROR", { cause: new Error(`Error in line 1: ${line}: ${text}`) });
  },

  typeError(text) {
    return new Error("D1_TYPE_ERROR", { cause: new Error(text) });
  },

  columnError() {
    return new Error("D1_COLUMN_NOTFOUND", { cause: new Error("Column not found") });
  },

  result<Row>([rows, , lastRowId, , , , duration, ownChanges]: Outcome) {
    const returnsRows = rows !== undefined;
    const meta = {
      duration,
      last_row_id: returnsRows ? 0 : lastRowId,
      changes: returnsRows ? 0 : ownChanges,
      served_by: SERVED_BY,
      internal_stats: null,
    };
    // The contract describes today's.
    return { results: rowsOf<Row>(rows), success: true, meta } as unknown as D1Result<Row>;
  },
};

/** Whether a text has nothing but blanks and lines with comments. */
export const isEmpty = (sql: string): boolean =>
  (sql.includes("--") ? sql.replace(/^\s+--.*/gm, "") : sql).trim() === "";

/** Rows as they arrive, in arrays and objects of this realm. */
export const rowsOf = <Row>(rows: string | undefined): Row[] => (rows === undefined ? [] : JSON.parse(rows));
