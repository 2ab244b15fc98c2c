// The command line of the benchmark.
import { parseArgs } from "node:util";
import { PEERS } from "./implementations.mjs";

const OPTIONS = {
  only: { type: "string" },
  rounds: { type: "string", default: "5" },
  peers: { type: "string", default: Object.keys(PEERS).join(",") },
  before: { type: "string" },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
};

const words = (text) =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter(Boolean);

function readRounds(text) {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0) return rounds;
  throw new Error(`--rounds is "${text}"; it takes a whole number from 1, for example --rounds 5`);
}

function readPeers(text) {
  const peers = words(text);
  const unknown = peers.find((peer) => !Object.hasOwn(PEERS, peer));
  if (unknown === undefined) return peers;
  throw new Error(`--peers names "${unknown}"; the peers are ${Object.keys(PEERS).join(", ")}`);
}

export function readOptions(args) {
  const { values } = parseArgs({ args, options: OPTIONS });
  const peers = readPeers(values.peers);
  if (values.write && values.only) {
    throw new Error("--write replaces the whole table, so it needs every scenario: leave out --only");
  }
  if (values.write && values.before) {
    throw new Error("--write writes the table of this state alone: leave out --before");
  }
  if (values.check && !peers.includes("m2")) {
    throw new Error(`--check compares with Miniflare 2, and --peers is "${values.peers}": add m2 to it`);
  }
  return { ...values, peers, rounds: readRounds(values.rounds), only: values.only && words(values.only) };
}
