// The options of Durable Objects.

import { boolean, isString, optional, record, shape, string } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";

const durableObject = shape(
  { className: string, scriptName: optional(string) },
  'a class name, or an object like { className: "Name" }',
  isString,
);

const options = {
  durableObjects: {
    check: record(durableObject),
    needsWorker: true,
    flag: "-o, --do",
    takes: "array:NAME=CLASS[@MOUNT]",
    help: "Durable Object to bind",
    wrangler: ({ durable_objects }) => durable_objects?.bindings && objectsOf(durable_objects.bindings),
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
};

function objectsOf(bindings) {
  const objects = bindings.map(({ name, class_name, script_name }) => [
    name,
    { className: class_name, scriptName: script_name },
  ]);
  return Object.fromEntries(objects);
}

/** What the option binds: `[binding, className, scriptName]` each. */
function objectBindings({ durableObjects = {} }) {
  return Object.entries(durableObjects).map(([binding, value]) => {
    const { className, scriptName } = typeof value === "string" ? { className: value } : value;
    return [binding, className, scriptName];
  });
}

/** The script that the class of a binding is in; undefined of a class of the worker's own. */
const scriptOf = ({ durableObjects }, binding) => durableObjects?.[binding]?.scriptName;

/** Whether alarms are delivered when they are due. */
const deliversAlarms = ({ durableObjectsAlarms }) => durableObjectsAlarms !== false;

export const plugin = "DurableObjectsPlugin";
export const settings = (options) => ({ durableObjects: objectBindings(options).map(([binding]) => binding) });
export { options, deliversAlarms, objectBindings, scriptOf };
