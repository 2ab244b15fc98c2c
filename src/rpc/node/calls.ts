// Calls between workers. They cross as they are on the wire: neither values nor promises become objects of Node's, unless a message
// holds what refers to something of a realm. Each worker gets its turn once the one before is over, never within it.

import { callee } from "./callees.ts";
import { parsed } from "../keys.ts";
import { decodeMessage, encodeMessage, isPlainWire } from "../message.ts";
import { waiting } from "../../node/binding/binding.ts";
import { fairly } from "../../node/instance/fairly.ts";
import { CALL, HOST } from "../../protocol.ts";
import type { Wanted } from "../keys.ts";
import type { Callee } from "./callees.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import type { Lane } from "../../node/instance/lane.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";

/** A call that the worker of `HOST.RPC_CALL` has under way, by the worker's own number of it. */
interface Call {
  caller: Lane;
  number: number;
  depth: number;
  pipelineDepth: number;
  /** What it is for, as `Wanted`. */
  key: string;
  /** The arguments as they cross; empty for a read. */
  parts: WireValue[];
}

const wanted = parsed<Wanted>();

/** What follows once the turn at hand is over, in order. */
let turns: (() => void)[] = [];
const over = Promise.resolve();

function afterTurn(turn: () => void): void {
  turns.push(turn);
  if (turns.length === 1) fairly(over).then(takeTurns);
}

function takeTurns(): void {
  const due = turns;
  turns = [];
  for (const turn of due) {
    try {
      turn();
    } catch (error) {
      // A defect of ours; the turns of others follow all the same.
      Promise.reject(error);
    }
  }
}

/** Those that wait for a worker which is being loaded, whose order they keep. */
const loading = new Map<Callee["worker"], (() => void)[]>();

function send(caller: Lane, [number, depth, pipelineDepth, key, ...parts]: WireValue[]): void {
  const call = { caller, number, depth, pipelineDepth, key, parts } as Call;
  waiting(1);
  caller.owe(call, true);
  afterTurn(() => {
    try {
      const found = callee(caller.owner, ...wanted.get(call.key));
      whenLoaded(found.worker, call, (lane) => serve(lane, found, call));
    } catch (error) {
      answer(call, error);
    }
  });
}

function whenLoaded(worker: Callee["worker"], call: Call, use: (lane: Lane) => void): void {
  const queue = loading.get(worker);
  const lane = worker.readyLane;
  if (lane !== undefined && queue === undefined) {
    use(lane);
    return;
  }
  const wait = () => worker.lane().then(use, (error) => answer(call, error));
  if (queue !== undefined) {
    queue.push(wait);
    return;
  }
  const waits = [wait];
  loading.set(worker, waits);
  const go = () => {
    loading.delete(worker);
    for (const one of waits) one();
  };
  worker.lane().then(go, go);
}

function serve(lane: Lane, { key, props }: Callee, call: Call): void {
  const { caller, depth, pipelineDepth } = call;
  let wire: WireValue[];
  try {
    wire = [depth, pipelineDepth, key, lane.membrane.encode(props), ...forwarded(call.parts, caller, lane)];
  } catch (error) {
    answer(call, error);
    return;
  }
  // No turn runs on the stack here: what is answered at once can be handed on at once.
  let handOn = atOnce;
  const settle = ([isKept, ...parts]: [isKept: boolean, ...parts: WireValue[]]) => {
    if (isKept) finish(call, () => [true, ...forwarded(parts, lane, caller)], handOn);
    else answer(call, lane.membrane.decode(parts[0]));
  };
  lane.serve(wire, settle, (reason) => answer(call, reason));
  handOn = afterTurn;
}

const atOnce = (turn: () => void): void => turn();

const answer = (call: Call, error: unknown): void =>
  finish(call, () => [false, call.caller.membrane.encodeThrown(error)]);

function finish(call: Call, wires: () => WireValue[], handOn = afterTurn): void {
  const { caller, number } = call;
  let outcome: WireValue[] | undefined;
  try {
    if (caller.ended === undefined) outcome = wires();
  } catch (error) {
    outcome = [false, caller.membrane.encodeThrown(error)];
  }
  handOn(() => {
    waiting(-1);
    caller.owe(call, false);
    if (outcome === undefined || caller.ended !== undefined) return;
    try {
      caller.send(CALL.RPC_ANSWERED, [number, ...outcome]);
    } catch {
      // The caller has ended, or ends with this turn: then its code waits for nothing.
    }
  });
}

/** The parts of a message for another lane: as they are, if they refer to nothing of the first one's realm. */
const forwarded = (parts: WireValue[], from: Lane, to: Lane): WireValue[] =>
  parts.length === 0 || (parts.length === 1 && isPlainWire(parts[0]))
    ? parts
    : encodeMessage(decodeMessage(parts, from.membrane.decode), to.membrane.encode);

export const calls: NonNullable<RoomHooks["calls"]> = {
  [HOST.RPC_CALL]: (args, _membrane, lane) => void send(lane, args),
};
