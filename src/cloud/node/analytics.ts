// A dataset of Analytics Engine: data points are kept for the test to read.

import type { AnalyticsDataPoint } from "../../../index.d.ts";
import type { CloudState } from "./cloud-state.ts";

/** https://developers.cloudflare.com/analytics/analytics-engine/limits/ */
const MOST = { indexes: 1, doubles: 20, blobs: 20 };
const INDEX_BYTES = 96;
const BLOB_BYTES = 16_384;

type Lists = Pick<AnalyticsDataPoint, "indexes" | "doubles" | "blobs">;

export class AnalyticsEngineDataset {
  readonly #dataset: string;
  readonly #state: CloudState;

  constructor(dataset: string, state: CloudState) {
    this.#dataset = dataset;
    this.#state = state;
  }

  writeDataPoint(point: unknown = {}): void {
    const lists = checked(point);
    this.#state.points.push({ dataset: this.#dataset, timestamp: this.#state.now(), ...lists });
  }
}

function checked(point: unknown): Lists {
  if (typeof point !== "object" || point === null) throw new TypeError(`A data point is an object, got ${point}`);
  const given = point as Partial<Record<keyof Lists, unknown>>;
  const indexes = listOf(given, "indexes") as Lists["indexes"];
  const doubles = listOf(given, "doubles") as number[];
  const blobs = listOf(given, "blobs") as Lists["blobs"];
  const wrong = doubles.find((double) => typeof double !== "number");
  if (wrong !== undefined) throw new TypeError(`writeDataPoint(): doubles are numbers, got ${wrong}`);
  if (indexes.some((index) => sizeOf(index) > INDEX_BYTES)) {
    throw new TypeError(`writeDataPoint(): an index has at most ${INDEX_BYTES} bytes`);
  }
  const size = blobs.reduce((sum: number, blob) => sum + sizeOf(blob), 0);
  if (size > BLOB_BYTES)
    throw new TypeError(`writeDataPoint(): blobs have at most ${BLOB_BYTES} bytes together, got ${size}`);
  return { indexes, doubles, blobs };
}

function listOf(point: Partial<Record<keyof Lists, unknown>>, name: keyof Lists): unknown[] {
  const list = point[name] ?? [];
  if (!Array.isArray(list)) throw new TypeError(`writeDataPoint(): ${name} is an array, got ${list}`);
  if (list.length <= MOST[name]) return [...list];
  throw new TypeError(`writeDataPoint(): Maximum of ${MOST[name]} ${name} supported.`);
}

const sizeOf = (value: string | ArrayBuffer | null): number =>
  value === null ? 0 : typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
