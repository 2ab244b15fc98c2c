// What the package exports is what its contract, `index.d.ts`, says: the type check fails where it is not. Nothing loads this.

import type * as contract from "../../index.d.ts";
import type * as exported from "./index.ts";
import type { Inside } from "./instance/inside.ts";
import type { MethodsOfRooms, RoomMethods } from "./rooms.ts";

type Values = typeof exported;
type Contract = typeof contract;

/** Compiles when `Actual` can be used for all that `Expected` says. */
type Meets<Expected, Actual extends Expected> = Actual;

/** What a method of `Miniflare` is in a room, where the instance comes first. */
type InRoom<Name extends RoomMethods> = (
  inside: Inside,
  ...args: Parameters<contract.Miniflare[Name]>
) => ReturnType<contract.Miniflare[Name]>;

export type Check = Meets<Contract, Values>;
export type CheckOfRooms = Meets<{ [Name in RoomMethods]: InRoom<Name> }, MethodsOfRooms>;
export type NoMore = Meets<keyof Contract, keyof Values>;
