// The devices in `/dev`: files that hold nothing, and whose bytes are made when they are read.

import { createError } from "@jsonjoy.com/fs-core";
import type { Link, Node, Superblock } from "@jsonjoy.com/fs-core";

const CHARACTER_DEVICE = 0o020_000;
const MODE = 0o666;
/** `crypto.getRandomValues()` fills as many bytes at once. */
const MOST_RANDOM = 65_536;

interface Device {
  /** Fills bytes that are read, and returns how many there are. */
  read(bytes: Uint8Array): number;
  /** Whether it takes bytes, to forget them. */
  isWritable: boolean;
}

function zeros(bytes: Uint8Array): number {
  bytes.fill(0);
  return bytes.length;
}

function random(bytes: Uint8Array): number {
  for (let start = 0; start < bytes.length; start += MOST_RANDOM) {
    crypto.getRandomValues(bytes.subarray(start, start + MOST_RANDOM) as Uint8Array<ArrayBuffer>);
  }
  return bytes.length;
}

const DEVICES: Record<string, Device> = {
  null: { read: () => 0, isWritable: true },
  zero: { read: zeros, isWritable: true },
  full: { read: zeros, isWritable: false },
  random: { read: random, isWritable: false },
};

const devices = new WeakSet<Node>();

/** Whether a file is a device, which can be opened for writing though its folder cannot be changed. */
export const isDevice = (node: Node) => devices.has(node);

/** Adds the devices to a folder. */
export function addDevices(folder: Link, files: Superblock) {
  for (const name of Object.keys(DEVICES)) {
    const { read, isWritable } = DEVICES[name];
    const node = files.createNode(CHARACTER_DEVICE | MODE);
    devices.add(node);
    Object.assign(node, {
      read: (buffer: Uint8Array, offset = 0, length = buffer.byteLength) =>
        read(new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length)),
      write(buffer: Uint8Array, offset = 0, length = buffer.length) {
        if (!isWritable) throw createError("EPERM", "write", `/dev/${name}`);
        return Math.min(length, buffer.length - offset);
      },
      truncate() {},
    });
    folder.createChild(name, node);
  }
}
