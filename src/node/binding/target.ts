// Which platform this Node is of, by the name of the package that holds the addon for it. On Linux the C library is part of
// the name. Where musl's loader is missing, Node cannot be linked against musl: that look is all that most processes pay
// for. Otherwise Node's binary tells by the loader that it asks for, or a diagnostic report, which takes milliseconds.

import fs from "node:fs";

/** Where musl's loader is, by architecture. */
const MUSL_LOADERS: Readonly<Record<string, string>> = {
  x64: "/lib/ld-musl-x86_64.so.1",
  arm64: "/lib/ld-musl-aarch64.so.1",
};

/** The bytes of a binary among which the path of its loader is. */
const HEAD_BYTES = 4096;

/** What is asked of a process. */
export interface TargetFacts {
  platform: string;
  arch: string;
  exists(file: string): boolean;
  /** The first bytes of the binary, as latin1. */
  head(): string;
  report(): ReportedLibraries;
}

/** What a diagnostic report says of libraries. */
interface ReportedLibraries {
  header?: { glibcVersionRuntime?: string };
  sharedObjects?: string[];
}

/** The process that this runs in; a spec gives its own. */
const running: TargetFacts = {
  platform: process.platform,
  arch: process.arch,
  exists: fs.existsSync,
  head: () => readHead("/proc/self/exe"),
  report: readReport,
};

/** Such as "linux-x64-gnu", "linux-arm64-musl" or "darwin-arm64". */
function target(facts: TargetFacts = running): string {
  const loader = MUSL_LOADERS[facts.arch];
  const isGnu = facts.platform === "linux" && loader !== undefined && !facts.exists(loader);
  return isGnu ? `linux-${facts.arch}-gnu` : exactTarget(facts);
}

/** The same without the short cut, for systems whose loaders are in other places. */
function exactTarget({ platform, arch, head, report }: TargetFacts = running): string {
  const base = `${platform}-${arch}`;
  return platform === "linux" ? `${base}-${fromLoader(head()) ?? fromReport(report())}` : base;
}

/** From the path of the loader, as in `/lib64/ld-linux-x86-64.so.2` or `/lib/ld-musl-x86_64.so.1`. */
function fromLoader(head: string): string | undefined {
  const [, kind] = /\/ld-(linux|musl)[-\w]*\.so/.exec(head) ?? [];
  return kind === "linux" ? "gnu" : kind;
}

function fromReport({ header, sharedObjects = [] }: ReportedLibraries): string {
  if (header?.glibcVersionRuntime) return "gnu";
  return sharedObjects.some((file) => /\/(ld-musl-|libc\.musl-)/.test(file)) ? "musl" : "gnu";
}

function readHead(file: string): string {
  let opened: number | undefined;
  try {
    opened = fs.openSync(file, "r");
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    return head.toString("latin1", 0, fs.readSync(opened, head, 0, HEAD_BYTES, 0));
  } catch {
    return "";
  } finally {
    if (opened !== undefined) fs.closeSync(opened);
  }
}

// Names of the network's hosts are not looked up for it.
function readReport(): ReportedLibraries {
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  try {
    return report.getReport() as ReportedLibraries;
  } finally {
    report.excludeNetwork = before;
  }
}

export { exactTarget, target };
