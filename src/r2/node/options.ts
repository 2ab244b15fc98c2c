// The options of R2.

import { strings } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";
import { openBucket } from "./r2-room.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { R2Bucket } from "../r2-bucket.ts";
import type { OptionRows } from "../../node/options/table.ts";

const options = {
  r2Buckets: {
    check: strings,
    label: "R2 Buckets",
    flag: "-r, --r2",
    help: "R2 bucket to bind",
    wrangler: ({ r2_buckets }) => r2_buckets?.map(({ binding }) => binding),
  },
  r2Persist: {
    check: place,
    keeps: "r2",
    folder: ".mf/r2",
    label: "R2 Persistence",
    flag: "--r2-persist",
    help: "Persist R2 data (to optional path)",
    wrangler: "miniflare.r2_persist",
  },
} satisfies OptionRows;

export const plugin = "R2Plugin";
export const settings = ({ r2Buckets = [] }: MiniflareOptions) => ({ r2Buckets });
export const bindings = ({ r2Buckets = [] }: MiniflareOptions): [string, (inside: Inside) => R2Bucket][] =>
  r2Buckets.map((name) => [name, (inside) => openBucket(inside, name)]);
export { options };
