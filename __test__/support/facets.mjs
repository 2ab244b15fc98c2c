// A worker whose object runs programs with its facets, and tells what each step comes to.

export const FACETS = { ROOT: { className: "Root", useSQLite: true } };

/** What programs find: `this`, a `Root`; `log(label, call)`; `get(name, options)`, a facet of the class `Counter`. */
export const workerOf = (programs) => `
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.calls = 0;
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
  }
  add(value) {
    this.ctx.storage.sql.exec("INSERT INTO t VALUES (?)", value);
    return this.ctx.storage.sql.exec("SELECT a FROM t ORDER BY rowid").raw().toArray().flat().join();
  }
  memory() { return ++this.calls; }
  fetch(request) { return new Response("facet " + new URL(request.url).pathname); }
  id() { return [String(this.ctx.id), this.ctx.id.name ?? null, typeof this.ctx.id, this.ctx.props]; }
  alarm() {}
  setAlarm() { return this.ctx.storage.setAlarm(8e12); }
  getAlarm() { return this.ctx.storage.getAlarm(); }
  fail() { throw new TypeError("failed"); }
  async addAndFail(value) {
    this.add(value);
    this.ctx.abort(new Error("aborted"));
  }
  hang() {
    this.add("hangs");
    return new Promise(() => {});
  }
  deep(levels, value) {
    if (levels === 0) return value === undefined ? "bottom" : this.add(value);
    return this.ctx.facets.get("deep", () => ({ class: this.ctx.exports.Counter })).deep(levels - 1, value);
  }
}
export class Plain {
  fetch() { return new Response("plain"); }
}
const programs = { ${Object.entries(programs)
  .map(([name, body]) => `${JSON.stringify(name)}: async function (log, get) { ${body} }`)
  .join(",\n")} };
export class Root extends DurableObject {
  async run(name) {
    const lines = [];
    const log = async (label, call) => {
      try {
        lines.push([label, (await call()) ?? null]);
      } catch (error) {
        lines.push([label, error.constructor.name + ": " + error.message]);
      }
    };
    const get = (name, options = { class: this.ctx.exports.Counter }) => this.ctx.facets.get(name, () => options);
    await programs[name].call(this, log, get);
    return lines;
  }
}
export default {
  async fetch(request, env) {
    const [, object, name] = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    return Response.json(await env.ROOT.get(env.ROOT.idFromName(object)).run(name));
  },
};`;
