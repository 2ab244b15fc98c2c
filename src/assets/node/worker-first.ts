// `run_worker_first`: which paths are the worker's before assets are looked for.

/** What the rules say of a path; undefined if they say nothing. */
export type WorkerFirst = (pathname: string) => "worker" | "assets" | undefined;

/** `true`, or patterns in which a star matches any text; a pattern behind "!" excludes paths, and wins. */
export function workerFirst(rules: boolean | string[]): WorkerFirst | undefined {
  if (rules === false) return undefined;
  if (rules === true) return () => "worker";
  const excluded = rules.filter((rule) => rule.startsWith("!")).map((rule) => expression(rule.slice(1)));
  const included = rules.filter((rule) => !rule.startsWith("!")).map(expression);
  return (pathname) => {
    if (excluded.some((pattern) => pattern.test(pathname))) return "assets";
    return included.some((pattern) => pattern.test(pathname)) ? "worker" : undefined;
  };
}

const expression = (rule: string) =>
  new RegExp(
    `^${rule
      .split("*")
      .map((text) => text.replace(/[-/\\^$+?.()|[\]{}]/g, "\\$&"))
      .join(".*")}$`,
  );
