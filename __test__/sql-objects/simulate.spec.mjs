// `simulate` over objects with a database: a lost update between a read and a write by SQL is found, and the same code in a
// transaction has none in any order.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const SEEDS = 12;
const DEPOSITS = 5;
const test = within(60_000);

const script = `export class Account {
  constructor(state) {
    this.storage = state.storage;
    this.storage.sql.exec("CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, balance REAL)");
    this.storage.sql.exec("INSERT OR IGNORE INTO account VALUES (1, 0)");
  }
  get balance() { return this.storage.sql.exec("SELECT balance FROM account").one().balance; }
  set balance(value) { this.storage.sql.exec("UPDATE account SET balance = ?", value); }
  async add(amount) {
    const { balance } = this;
    await scheduler.wait(1);
    this.balance = balance + amount;
  }
  racy(amount) { return this.add(amount); }
  safe(amount) { return this.storage.transaction(() => this.add(amount)); }
  async fetch(request) {
    const [, method] = new URL(request.url).pathname.split("/");
    await this[method](1);
    return Response.json(this.balance);
  }
}
export default { async fetch(request, env) {
  const account = env.ACCOUNT.get(env.ACCOUNT.idFromName("a"));
  await Promise.all(Array.from({ length: ${DEPOSITS} }, () => account.fetch(request.url)));
  return Response.json(null);
} };`;

async function balances(t, method) {
  const found = [];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const mf = create(t, { script, durableObjects: { ACCOUNT: { className: "Account", useSQLite: true } } });
    await mf.simulate(seed);
    await json(mf, `http://localhost/${method}`);
    const id = (await mf.getDurableObjectNamespace("ACCOUNT")).idFromName("a");
    const storage = await mf.getDurableObjectStorage(id);
    found.push(storage.sql.exec("SELECT balance FROM account").one().balance);
    await mf.dispose();
  }
  return found;
}

describe("a simulation of an object with a database", () => {
  test("finds an update that is lost between a read and a write", async (t) => {
    const found = await balances(t, "racy");
    assert.ok(
      found.some((balance) => balance < DEPOSITS),
      found.join(),
    );
  });

  test("finds none in transactions", async (t) => {
    assert.deepEqual(await balances(t, "safe"), Array(SEEDS).fill(DEPOSITS));
  });
});
