// A process that writes large values until it is killed, and prints what it was told is safe, one JSON line each. Its one
// argument is `{ data, durability, first }`: the folder, and the number to go on from. Each value begins with its number.

import { writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { Miniflare } from "./miniflare.mjs";

/** Bytes of a value that is a file, and of the first part of an upload. */
export const BYTES = 1_500_000;
export const MIN = 5 * 1024 * 1024;

export const optionsOf = (data, durability) => ({
  script: "export default {}",
  modules: true,
  r2Buckets: ["BUCKET", "UPLOADS"],
  r2Persist: data,
  durability,
});

function content(number, length = BYTES) {
  const bytes = new Uint8Array(length).fill(number % 251);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

const tell = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

async function write({ data, durability, first }) {
  const mf = new Miniflare(optionsOf(data, durability));
  const [bucket, uploads] = [await mf.getR2Bucket("BUCKET"), await mf.getR2Bucket("UPLOADS")];
  const writers = {
    whole: (number) => bucket.put("whole", content(number)),
    stream: (number) => bucket.put("stream", new Blob([content(number)]).stream()),
    short: (number) => bucket.put("short", content(number, 100)),
    async replace(number) {
      await bucket.put(`only${number}`, content(number));
      const { objects } = await bucket.list({ prefix: "only" });
      await bucket.delete(objects.map(({ key }) => key).filter((key) => key !== `only${number}`));
    },
    async parts(number) {
      const upload = await uploads.createMultipartUpload("parts");
      const parts = [await upload.uploadPart(1, content(number, MIN)), await upload.uploadPart(2, content(number))];
      await upload.complete(parts);
    },
  };
  for (let number = first; ; number++) {
    await Promise.all(
      Object.entries(writers).map(async ([kind, write]) => {
        await write(number);
        tell({ kind, number });
      }),
    );
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await write(JSON.parse(process.argv.at(-1)));
