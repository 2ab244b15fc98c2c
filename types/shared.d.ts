// `miniflare-rs/shared`, which replaces `@miniflare/shared`.

import type { SQLiteDatabase } from "./d1";
import type { Storage } from "./storage";

export { Log, LogLevel, MiniflareError, NoOpLog } from "../index";
export type { LogOptions } from "../index";
export type {
  Clock,
  StorageListOptions,
  StorageListResult,
  StorageRange as Range,
  StoredKeyMeta,
  StoredMeta,
  StoredValueMeta,
} from "./storage";
export type { Storage };

/**
 * Opens a database of SQLite, for the `D1DatabaseAPI` of `miniflare-rs/d1`.
 *
 * @param file the path of a file, which is created if it does not exist; or `:memory:`
 */
export function createSQLiteDB(file: string): Promise<SQLiteDatabase>;

export type Awaitable<T> = T | Promise<T>;

/** Values keyed by name, such as bindings. */
// biome-ignore lint/suspicious/noExplicitAny: bindings are of any kind
export type Context = { [key: string]: any };

/** Returns storages by name. */
export interface StorageFactory {
  storage(namespace: string, persist?: boolean | string): Storage;
  dispose?(): Awaitable<void>;
}

/** The contents of a wrangler.toml. [docs/options.md](../docs/options.md) lists the keys that have an effect. */
export interface WranglerEnvironmentConfig {
  name?: string;
  main?: string;
  zone_id?: string;
  account_id?: string;
  workers_dev?: boolean;
  route?: string;
  routes?: (string | { pattern: string; zone_id?: string; zone_name?: string })[];
  usage_model?: "bundled" | "unbound";
  vars?: Record<string, unknown>;
  kv_namespaces?: { binding: string; id?: string; preview_id?: string }[];
  durable_objects?: { bindings?: { name: string; class_name: string; script_name?: string; environment?: string }[] };
  triggers?: { crons?: string[] };
  services?: { binding: string; service: string; environment?: string }[];
  site?: { bucket?: string; "entry-point"?: string; include?: string[]; exclude?: string[] };
  [key: string]: unknown;
}

export interface WranglerConfig extends WranglerEnvironmentConfig {
  type?: "javascript" | "webpack" | "rust";
  compatibility_date?: string;
  compatibility_flags?: string[];
  build?: {
    command?: string;
    cwd?: string;
    watch_dir?: string | string[];
    upload?: {
      format?: "service-worker" | "modules";
      dir?: string;
      main?: string;
      rules?: { type: string; globs: string[]; fallthrough?: boolean }[];
    };
  };
  env?: Record<string, WranglerEnvironmentConfig>;
}
