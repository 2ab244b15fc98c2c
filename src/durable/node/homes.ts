// Where Durable Objects live: a binding of any worker in an instance names a class, and one worker has it.

import { DurableObjectError } from "../../node/errors.ts";
import type { Group } from "../../node/instance/group.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { Control, IdParts, ObjectBinding, ObjectParts } from "../../worker/contract.ts";
import { deliversAlarms, objectBindings, scriptOf } from "./options.ts";

/** The class of a Durable Object, and the worker that the objects live in. */
interface Home {
  className: string;
  home: Worker;
}

/** Objects of one name share ids, storage and lives: all bindings of that name must mean the same class. */
function check(group: Group): void {
  const known = new Map<string, Home>();
  for (const worker of group.workers) {
    for (const [binding, className, scriptName] of objectBindings(worker.options)) {
      const found = { className, home: homeOf(group, worker, binding, scriptName) };
      const first = known.get(binding) ?? found;
      if (first.className !== className || first.home !== found.home) throw classConflict(binding, first, found);
      known.set(binding, first);
    }
  }
}

/** Gives a script the classes of its own that the Durable Objects of any worker are bound to. */
function bind(group: Group, script: Worker): void {
  const classes = new Map<string, ObjectBinding>();
  const withSql = new Set<string>();
  for (const worker of group.workers) {
    for (const object of objectBindings(worker.options)) {
      const [binding, className, scriptName, hasSql] = object;
      if (homeOf(group, worker, binding, scriptName) !== script) continue;
      classes.set(binding, object);
      if (hasSql) withSql.add(className);
    }
  }
  if (classes.size === 0) return;
  // A class has a database for each object if any of its bindings says so.
  for (const object of classes.values()) object[3] = withSql.has(object[1]);
  const deletesAlarm = script.flags.includes("delete_all_deletes_alarm");
  script.running?.bindClasses([...classes.values()], deliversAlarms(script.options), deletesAlarm);
}

function homeOf(group: Group, worker: Worker, binding: string, scriptName: string | undefined): Worker {
  if (scriptName === undefined) return worker;
  const home = group.named(scriptName);
  if (home !== undefined) return home;
  throw new DurableObjectError(
    "ERR_SCRIPT_NOT_FOUND",
    `Script "${scriptName}" for Durable Object "${binding}" not found.\n` +
      `Make sure "${scriptName}" is mounted so Miniflare knows where to find it.`,
  );
}

/** The worker that the objects of a binding of `worker` live in. */
function home(group: Group, worker: Worker, [binding]: ObjectParts | [binding: string]): Worker {
  return homeOf(group, worker, binding, scriptOf(worker.options, binding));
}

/** Objects are constructed again when what they have stored is replaced. */
const forget = (control: Control): void => control.evictObjects(true);

/** Objects that live are reset when all that is stored is deleted. */
const reset = (control: Control): void => control.abortObjects("deleteAllDurableObjects");

/** The names that any worker binds Durable Objects by. */
function objectNames(group: Group): string[] {
  const bound = group.workers.flatMap(({ options }) => objectBindings(options).map(([binding]) => binding));
  return [...new Set(bound)];
}

/** Delivers the alarms that are set, of all objects or of `[binding, id]` each, and returns how many there were. */
async function flushAlarms(group: Group, ids: IdParts[] | undefined, onlyDue: boolean): Promise<number> {
  let handled = 0;
  const thrown: unknown[] = [];
  for (const worker of group.workers) {
    const { count, errors } = await (await worker.lane()).control.flushAlarms(ids, onlyDue);
    handled += count;
    thrown.push(...errors);
  }
  if (thrown.length > 1) throw new AggregateError(thrown, `${thrown.length} alarms failed`);
  if (thrown.length > 0) throw thrown[0];
  return handled;
}

function classConflict(binding: string, ...two: Home[]): DurableObjectError {
  const [one, other] = two.map(({ className, home: { name } }) => {
    return `class "${className}" of ${name === undefined ? "the main worker" : `"${name}"`}`;
  });
  return new DurableObjectError(
    "ERR_CLASS_CONFLICT",
    `Durable Object "${binding}" is bound to ${one} and to ${other}.\n` +
      "Objects of one name share ids and storage: use two names, or bind one class, by its scriptName where it is another worker's.",
  );
}

export { bind, check, flushAlarms, forget, home, objectNames, reset };
