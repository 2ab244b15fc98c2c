// What the room adds to an instance in Node.

import type { PendingReport } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";

const methods = {
  /** What each request and other event waits for that is under way, and stubs that were not disposed of. */
  pending({ group }: Inside): PendingReport {
    const { reportOf } = require("./report.ts") as typeof import("./report.ts");
    return reportOf(group.workers);
  },
};

export { methods };
