// What these bindings add to an instance in Node.

import { cleared, stateOf } from "./cloud-state.ts";
import type { AnalyticsDataPoint, SecretsStore } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";

const methods = {
  /** The data points that workers of the instance have written, of one dataset or of all, in their order. */
  async getAnalyticsDataPoints(inside: Inside, dataset?: string): Promise<AnalyticsDataPoint[]> {
    await inside.begun();
    const { points } = stateOf(inside.group);
    return dataset === undefined ? [...points] : points.filter((point) => point.dataset === dataset);
  },

  /** A store of secrets, whether a worker binds one of it or not. */
  async getSecretsStore(inside: Inside, id: string): Promise<SecretsStore> {
    await inside.begun();
    const { storeOf } = require("./secrets.ts") as typeof import("./secrets.ts");
    return storeOf(String(id), stateOf(inside.group));
  },
};

export { cleared, methods };
