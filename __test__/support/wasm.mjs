// WebAssembly modules in bytes, each with the text it was assembled from.

/**
 * (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
 */
export const ADD = Buffer.from(
  "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b",
  "hex",
);

/**
 * (module (func (export "trap") unreachable) (func (export "spin") (loop br 0)))
 */
export const TRAP = Buffer.from(
  "0061736d010000000104016000000303020000070f0204747261700000047370696e00010a0d020300000b070003400c000b0b",
  "hex",
);

/**
 * What wasm-bindgen makes of `greet(name: &str) -> String`, `describe(value: JsValue) -> bool` and
 * `title() -> String`: an allocator, strings by pointer and length, values by index into a table of the glue, imports
 * from the glue's module.
 *
 * (module
 *   (import "./greet_bg.mjs" "__wbindgen_string_new" (func $string_new (param i32 i32) (result i32)))
 *   (import "./greet_bg.mjs" "__wbindgen_throw" (func $throw (param i32 i32)))
 *   (import "./greet_bg.mjs" "__wbindgen_object_drop_ref" (func $drop (param i32)))
 *   (import "./greet_bg.mjs" "__wbg_instanceof_Object" (func $is_object (param i32) (result i32)))
 *   (memory (export "memory") 1)
 *   (global $next (mut i32) (i32.const 1024))
 *   (data (i32.const 0) "Hello, ")
 *   (data (i32.const 16) "name must not be empty")
 *   (func $malloc (export "__wbindgen_malloc") (param $size i32) (result i32)
 *     (local $at i32)
 *     (local.set $at (global.get $next))
 *     (global.set $next (i32.add (local.get $at) (local.get $size)))
 *     (block $fits
 *       (br_if $fits (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
 *       (drop (memory.grow (i32.add (i32.div_u (local.get $size) (i32.const 65536)) (i32.const 1)))))
 *     (local.get $at))
 *   (func (export "__wbindgen_free") (param i32 i32)
 *     (global.set $next (i32.const 1024)))
 *   (func (export "greet") (param $retptr i32) (param $at i32) (param $length i32)
 *     (local $out i32)
 *     (if (i32.eqz (local.get $length))
 *       (then (call $throw (i32.const 16) (i32.const 22))))
 *     (local.set $out (call $malloc (i32.add (local.get $length) (i32.const 8))))
 *     (memory.copy (local.get $out) (i32.const 0) (i32.const 7))
 *     (memory.copy (i32.add (local.get $out) (i32.const 7)) (local.get $at) (local.get $length))
 *     (i32.store8 (i32.add (i32.add (local.get $out) (i32.const 7)) (local.get $length)) (i32.const 33))
 *     (i32.store (local.get $retptr) (local.get $out))
 *     (i32.store offset=4 (local.get $retptr) (i32.add (local.get $length) (i32.const 8))))
 *   (func (export "describe") (param $object i32) (result i32)
 *     (local $is i32)
 *     (local.set $is (call $is_object (local.get $object)))
 *     (call $drop (local.get $object))
 *     (local.get $is))
 *   (func (export "title") (result i32)
 *     (call $string_new (i32.const 0) (i32.const 5))))
 */
export const GREET = Buffer.from(
  `0061736d01000000011f0660027f7f017f60027f7f0060017f0060017f017f60037f7f7f006000017f029f01040e2e2f67726565745f62
   672e6d6a73155f5f7762696e6467656e5f737472696e675f6e657700000e2e2f67726565745f62672e6d6a73105f5f7762696e6467656e
   5f7468726f7700010e2e2f67726565745f62672e6d6a731a5f5f7762696e6467656e5f6f626a6563745f64726f705f72656600020e2e2f
   67726565745f62672e6d6a73175f5f7762675f696e7374616e63656f665f4f626a6563740003030605030104030505030100010607017f
   014180080b074b06066d656d6f72790200115f5f7762696e6467656e5f6d616c6c6f6300040f5f5f7762696e6467656e5f667265650005
   05677265657400060864657363726962650007057469746c6500080aa001052d01017f23002101200120006a2400024023003f00418080
   046c4d0d002000418080046e41016a40001a0b20010b070041800824000b4e01017f20024504404110411610010b200241086a10042103
   200341004107fc0a0000200341076a20012002fc0a0000200341076a20026a41213a0000200020033602002000200241086a3602040b10
   01017f2000100321012000100220010b08004100410510000b0b28020041000b0748656c6c6f2c200041100b166e616d65206d75737420
   6e6f7420626520656d707479`.replace(/\s/g, ""),
  "hex",
);

/** The JavaScript that wasm-bindgen puts around such a module. */
export const GREET_GLUE = `
let wasm;
export function __wbg_set_wasm(exports) { wasm = exports; }

const heap = new Array(32).fill(undefined);
heap.push(undefined, null, true, false);
let heap_next = heap.length;
const getObject = (index) => heap[index];
function addHeapObject(object) {
  if (heap_next === heap.length) heap.push(heap.length + 1);
  const index = heap_next;
  heap_next = heap[index];
  heap[index] = object;
  return index;
}
function dropObject(index) {
  if (index < 36) return;
  heap[index] = heap_next;
  heap_next = index;
}
function takeObject(index) {
  const object = getObject(index);
  dropObject(index);
  return object;
}

let bytes = null;
function getUint8Memory() {
  if (bytes === null || bytes.byteLength === 0) bytes = new Uint8Array(wasm.memory.buffer);
  return bytes;
}
const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
const encoder = new TextEncoder();
const getString = (at, length) => decoder.decode(getUint8Memory().subarray(at, at + length));
function passString(text) {
  const needed = text.length * 3;
  const at = wasm.__wbindgen_malloc(needed);
  const { read, written } = encoder.encodeInto(text, getUint8Memory().subarray(at, at + needed));
  if (read !== text.length) throw new Error("failed to pass whole string");
  return [at, written];
}

export function greet(name) {
  try {
    const retptr = wasm.__wbindgen_malloc(8);
    const [at, length] = passString(name);
    wasm.greet(retptr, at, length);
    const result = new Int32Array(wasm.memory.buffer, retptr, 2);
    return getString(result[0], result[1]);
  } finally {
    wasm.__wbindgen_free(0, 0);
  }
}
export const describe = (value) => wasm.describe(addHeapObject(value)) !== 0;
export const title = () => takeObject(wasm.title());
export const heapSize = () => heap.length;

export const __wbindgen_string_new = (at, length) => addHeapObject(getString(at, length));
export const __wbindgen_object_drop_ref = (index) => { takeObject(index); };
export const __wbg_instanceof_Object = (index) => getObject(index) instanceof Object;
export function __wbindgen_throw(at, length) { throw new Error(getString(at, length)); }
`;

/**
 * (module (memory (export "memory") initial maximum?)
 *   (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
 *   (func (export "read") (result i32) i32.const 0 i32.load offset))
 */
export function memory(initial, maximum, offset = 0) {
  const limits = maximum === undefined ? [0, ...leb(initial)] : [1, ...leb(initial), ...leb(maximum)];
  const grow = sized([0, 0x20, 0, 0x40, 0, 0x0b]);
  const read = sized([0, 0x41, 0, 0x28, 2, ...leb(offset), 0x0b]);
  const name = (text) => sized([...Buffer.from(text)]);
  const exported = [3, ...name("memory"), 2, 0, ...name("grow"), 0, 0, ...name("read"), 0, 1];
  const types = [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 1, 0x7f];
  const sections = [1, types, 3, [2, 0, 1], 5, [1, ...limits], 7, exported, 10, [2, ...grow, ...read]];
  return Buffer.from([
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...sections.flatMap((part) => (Array.isArray(part) ? sized(part) : [part])),
  ]);
}

const sized = (bytes) => [...leb(bytes.length), ...bytes];

function leb(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...leb(Math.floor(number / 128))];
}
