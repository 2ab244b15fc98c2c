// Forms and parameters that are Node's: stand-ins that keep to the original. Where a Web API takes such an object, for a
// body above all, it takes one of this realm with the same entries.

import { core } from "ext:core/mod.js";
import { FORM_DATA, onLoad } from "ext:miniflare/realm/lazy.ts";

const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { URLSearchParams } = core.loadExtScript("ext:deno_web/00_url.js");

function accept(Class) {
  const { name } = Class;
  const convert = webidl.converters[name];
  webidl.converters[name] = (value, ...context) => {
    const isStandIn = core.isProxy(value) && value instanceof Class && value[webidl.brand] !== webidl.brand;
    return convert(isStandIn ? copyOf(value, Class) : value, ...context);
  };
}

function copyOf(standIn, Class) {
  const copy = new Class();
  for (const [name, value] of standIn) copy.append(name, value);
  return copy;
}

onLoad(FORM_DATA, ({ FormData }) => accept(FormData));
accept(URLSearchParams);
