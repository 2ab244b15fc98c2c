// The Vitest environment and its globals, used as a suite uses them. Compiled by `npm run types`, never run.

import "miniflare-rs/vitest/globals";
import type { KVNamespace } from "miniflare-rs";
import environment, { type MiniflareEnvironmentOptions } from "miniflare-rs/vitest";
import coverage from "miniflare-rs/vitest-coverage";
import { expect, test } from "vitest";

const options: MiniflareEnvironmentOptions = { modules: true, kvNamespaces: ["KV"] };
const { teardown } = await environment.setup(globalThis, options);
await teardown();

const describe = setupMiniflareIsolatedStorage();
describe("a block", () => {
  test("has bindings", async () => {
    expect(await getMiniflareBindings<{ KV: KVNamespace }>().KV.get("key")).toBe(null);
  });
});
describe.each([1, 2])("block %i", (number) => void number.toFixed());

// @ts-expect-error: options of an instance
const wrong: MiniflareEnvironmentOptions = { kvNamespaces: "KV" };

const provider: unknown = await coverage.getProvider();

export { options, provider, wrong };
