// `node:os`: what a worker is told of its machine, which is the same everywhere.

import library from "unenv/node/os";

const always =
  <Value>(value: Value) =>
  () =>
    value;

const os: Record<string, unknown> = {
  ...library,
  arch: always("x64"),
  availableParallelism: always(1),
  cpus: () => [],
  homedir: always("/tmp/"),
  hostname: always("localhost"),
  machine: always("x86_64"),
  networkInterfaces: () => ({}),
  tmpdir: always("/tmp/"),
};

export default os;
