// What a request says of the bytes that answer it. <https://www.w3.org/TR/SRI/#the-integrity-attribute>

import { core } from "ext:core/mod.js";
import { op_web_digest_finish, op_web_digest_new, op_web_digest_update } from "ext:core/ops";

const { forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");

/** From the weakest to the strongest: where several are given, only the strongest counts. */
const ALGORITHMS = ["sha-256", "sha-384", "sha-512"];
const ITEM = /^sha(256|384|512)-([a-z0-9+/_-]+)={0,2}(?:\?[!-~]*)?$/i;

/** The algorithm and the values to compare with; undefined where nothing is understood, and so nothing demanded. */
function demandOf(integrity: string) {
  const items = integrity.split(/[\t\n\f\r ]+/).flatMap((item) => {
    const match = ITEM.exec(item);
    return match === null ? [] : [{ algorithm: `sha-${match[1]}`, value: plain(match[2]) }];
  });
  const algorithm = ALGORITHMS.findLast((one) => items.some((item) => item.algorithm === one));
  if (algorithm === undefined) return undefined;
  return { algorithm, values: items.filter((item) => item.algorithm === algorithm).map(({ value }) => value) };
}

/** In the alphabet of plain base64, without padding. */
const plain = (text: string) => text.replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");

/** Whether bytes are what the metadata of a request demands. */
export function isIntact(bytes: Uint8Array, integrity: string) {
  const demand = demandOf(integrity);
  if (demand === undefined) return true;
  const digest = op_web_digest_new(demand.algorithm);
  op_web_digest_update(digest, bytes);
  return demand.values.includes(plain(forgivingBase64Encode(op_web_digest_finish(digest))));
}
