// The options of Durable Objects.

import { boolean, isString, optional, record, shape, string } from "../../node/options/check.ts";
import { HOST } from "../../protocol.ts";
import { openNamespaces } from "./own-namespaces.ts";
import { place } from "../../node/options/place.ts";
import type { DurableObjectOptions, MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { OptionRows } from "../../node/options/table.ts";
import type { ExportConfig, ObjectConfig, ObjectMigration } from "../../node/options/wrangler.ts";
import type { ObjectBinding } from "../../worker/contract.ts";
import type { DurableObjectNamespace } from "../object-namespace.ts";

const durableObject = shape(
  { className: string, scriptName: optional(string), useSQLite: optional(boolean) },
  'a class name, or an object like { className: "Name" }',
  isString,
);

/** `retries` and `wait` as `alarmError` has them. */
type FailedAlarm = [binding: string, hex: string, retries: number | null, wait: number | null];

const options = {
  durableObjects: {
    check: record(durableObject),
    flag: "-o, --do",
    takes: "array:NAME=CLASS[@MOUNT]",
    help: "Durable Object to bind",
    implies: { modules: true },
    wrangler: ({ durable_objects, migrations, exports }) =>
      durable_objects?.bindings && objectsOf(durable_objects.bindings, classesWithSql(migrations, exports)),
  },
  durableObjectsPersist: {
    check: place,
    keeps: "durable",
    folder: ".mf/do",
    label: "Durable Objects Persistence",
    flag: "--do-persist",
    help: "Persist Durable Object data (to optional path)",
    wrangler: "miniflare.durable_objects_persist",
  },
  durableObjectsAlarms: {
    check: boolean,
    label: "Durable Object Alarms",
    flag: "--(no-)do-alarms",
    help: "Enable Durable Object alarms (enabled by default)",
    wrangler: "miniflare.durable_objects_alarms",
  },
} satisfies OptionRows;

function objectsOf(bindings: ObjectConfig[], withSql: Set<string>): Record<string, DurableObjectOptions> {
  const objects = bindings.map(({ name, class_name, script_name }): [string, DurableObjectOptions] => {
    const object = { className: class_name, scriptName: script_name };
    return [name, withSql.has(class_name) ? { ...object, useSQLite: true } : object];
  });
  return Object.fromEntries(objects);
}

/** The classes whose objects have a database each, after all migrations, or as they are declared instead of them. */
function classesWithSql(migrations: ObjectMigration[] = [], exports: Record<string, ExportConfig> = {}): Set<string> {
  const classes = new Set<string>();
  for (const { new_sqlite_classes = [], renamed_classes = [], deleted_classes = [] } of migrations) {
    for (const name of new_sqlite_classes) classes.add(name);
    for (const { from, to } of renamed_classes) if (classes.delete(from)) classes.add(to);
    for (const name of deleted_classes) classes.delete(name);
  }
  for (const [name, { type, storage, state, renamed_to }] of Object.entries(exports)) {
    if (type !== "durable-object" || storage !== "sqlite" || state === "deleted" || state === "transferred") continue;
    classes.add(state === "renamed" && renamed_to !== undefined ? renamed_to : name);
  }
  return classes;
}

/** What the option binds. */
function objectBindings({ durableObjects = {} }: MiniflareOptions): ObjectBinding[] {
  return Object.entries(durableObjects).map(([binding, value]) => {
    const object: DurableObjectOptions = typeof value === "string" ? { className: value } : value;
    return [binding, object.className, object.scriptName, object.useSQLite === true];
  });
}

/** The script that the class of a binding is in; undefined of a class of the worker's own. */
function scriptOf({ durableObjects }: MiniflareOptions, binding: string): string | undefined {
  const value = durableObjects?.[binding];
  return typeof value === "object" ? value.scriptName : undefined;
}

/** Whether alarms are delivered when they are due. */
const deliversAlarms = ({ durableObjectsAlarms }: MiniflareOptions) => durableObjectsAlarms !== false;

export const plugin = "DurableObjectsPlugin";
/** Reports alarms that were not handled. */
export const hooks = (_: MiniflareOptions, __: string, report: (error: unknown) => void): RoomHooks => ({
  calls: {
    [HOST.ALARM_FAILED]: ([binding, hex, retries, wait, error], membrane) => {
      const { alarmError } = require("./alarm-errors.ts") as typeof import("./alarm-errors.ts");
      report(alarmError(...([binding, hex, retries, wait] as FailedAlarm), membrane.decode(error)));
    },
  },
});
export const settings = (options: MiniflareOptions) => ({
  durableObjects: objectBindings(options).map(([binding]) => binding),
});
export const bindings = (options: MiniflareOptions): [string, (inside: Inside) => DurableObjectNamespace][] =>
  objectBindings(options).map(([binding]) => [binding, (inside) => inside.part(openNamespaces)(binding)]);
export { options, deliversAlarms, objectBindings, scriptOf };
