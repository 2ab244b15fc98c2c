// `node:cluster`: a worker is the primary process of a cluster without others, and cannot have any.

import library from "unenv/node/cluster";
import { notImplemented } from "./errors.ts";

const cluster = library as Record<string, unknown>;
for (const name of ["disconnect", "fork", "setupMaster", "setupPrimary"]) {
  cluster[name] = () => {
    throw notImplemented(`cluster.${name}`);
  };
}

export default cluster;
