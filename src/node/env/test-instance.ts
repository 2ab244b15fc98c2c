// The instance behind an environment: made when a test first needs it, unless there is a worker that has to be started.

import { createFetchMock } from "../../mock/node/fetch-mock.ts";
import { mockedBy } from "../../mock/node/options.ts";
import { INSIDE, Miniflare } from "../instance/miniflare.ts";
import { NoOpLog } from "../log/log.ts";
import { ownBindings } from "./bindings.ts";
import type { MockAgent } from "../../../index.d.ts";
import type { Instance } from "./helpers.ts";
import type { Plan } from "./plan.ts";

class TestInstance {
  readonly mf: Instance;
  readonly mock: MockAgent = createFetchMock();
  /** Those of the worker that is loaded, if there is one. */
  bindings: Record<string, unknown> = {};
  #hasWorker: boolean;

  constructor(plan: Plan) {
    this.#hasWorker = plan.hasWorker;
    // The rooms add their methods when the class is loaded.
    const mf: unknown = new Miniflare({ ...plan.instance, ...mockedBy(this.mock), log: new NoOpLog() });
    this.mf = mf as Instance;
    if (!this.#hasWorker) this.bindings = ownBindings(this.mf[INSIDE], plan.options);
  }

  /** Waits for the worker. */
  async start(): Promise<void> {
    if (this.#hasWorker) this.bindings = await this.mf.getBindings();
    else await this.mf[INSIDE].worker.lane();
  }

  // What is stored is remembered at once: hooks that a runner calls at the same time may already store more.
  async remember(): Promise<() => Promise<void>> {
    const { group, worker } = this.mf[INSIDE];
    // How a load has gone is told to the test that has used the worker.
    if (worker.isBegun && !worker.isReady) await worker.settled();
    const restore = group.snapshotStorage();
    // For another worker, if a limit has stopped the one before.
    if (this.#hasWorker) await this.start();
    return restore;
  }
}

export { TestInstance };
