// What the room of R2 adds to an instance in Node.

import { USAGE as usage } from "../usage.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { R2Bucket } from "../r2-bucket.ts";

const methods = {
  /** An R2 bucket, whether it is bound or not. */
  async getR2Bucket(inside: Inside, name: string): Promise<R2Bucket> {
    await inside.begun();
    return openBucket(inside, name);
  },
};

function openBucket(inside: Inside, name: string): R2Bucket {
  const { r2Bucket } = require("./r2-backend.ts") as typeof import("./r2-backend.ts");
  const honorsInclude = () => inside.worker.flags.includes("r2_list_honor_include");
  return r2Bucket(String(name), () => inside.instance, honorsInclude);
}

export { methods, openBucket, usage };
