// Forms and parameters that are Node's: stand-ins that keep to the original. Where a Web API takes such an object, for a
// body above all, it takes one of this realm with the same entries.

import { core } from "ext:core/mod.js";
import { FORM_DATA, onLoad } from "ext:miniflare/realm/lazy.ts";

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { URLSearchParams } = core.loadExtScript("ext:deno_web/00_url.js");

/** A class of entries that Web APIs take. */
type Entries = FormData | URLSearchParams;
type EntriesClass = { readonly name: string; new (): Entries };

function accept(Class: EntriesClass) {
  const { name } = Class;
  const convert = webidl.converters[name];
  webidl.converters[name] = (value, ...context) => {
    const isStandIn =
      core.isProxy(value) && value instanceof Class && (value as Branded)[webidl.brand] !== webidl.brand;
    return convert(isStandIn ? copyOf(value as Entries, Class) : value, ...context);
  };
}

type Branded = { [webidl.brand]?: unknown };

function copyOf(standIn: Entries, Class: EntriesClass) {
  const copy = new Class();
  for (const [name, value] of standIn) copy.append(name, value as string);
  return copy;
}

onLoad(FORM_DATA, ({ FormData }) => accept(FormData));
accept(URLSearchParams);
