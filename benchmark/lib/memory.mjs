// The memory of this process and its children. Pages shared between processes are counted in proportion (PSS), so that a
// child process is charged only for what it adds.
import { readdirSync, readFileSync } from "node:fs";

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined; // The process ended between the listing and the reading.
  }
}

function parentOf(pid) {
  const stat = read(pid, "stat");
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
}

function processTree() {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [pid, parentOf(pid)]);
  const below = (parent) => processes.filter(([, p]) => p === parent).flatMap(([pid]) => [pid, ...below(pid)]);
  return [String(process.pid), ...below(String(process.pid))];
}

function kilobytes(pid) {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(pid, "smaps_rollup") ?? "")?.[1] ?? 0);
}

export function megabytesInUse() {
  if (process.platform !== "linux") {
    throw new Error(`memory is read from /proc, which ${process.platform} lacks; run this scenario on Linux`);
  }
  return (
    processTree()
      .map(kilobytes)
      .reduce((sum, size) => sum + size, 0) / 1024
  );
}
