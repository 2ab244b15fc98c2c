// Which request stubs belong to, with which they end. Those that an object has received can be used in all its events, and end
// when they are collected.

import { currentContext } from "ext:miniflare/realm/context.ts";
import { Owned } from "ext:miniflare/realm/owned.ts";
import type { Owner } from "ext:miniflare/rpc/stubs.ts";

/** What the code that runs is part of. */
export function ownerNow(): Owner | undefined {
  const context = currentContext();
  if (context === undefined) return undefined;
  if (context.gates !== undefined) return context.gates.life;
  const { root } = context;
  return (root.owned ??= new Owned());
}
