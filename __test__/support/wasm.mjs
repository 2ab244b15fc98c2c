// WebAssembly modules in bytes, each with the text it was assembled from.

/**
 * (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))
 */
export const ADD = Buffer.from(
  "0061736d01000000" + "0107" + "0160027f7f017f" + "0302" + "0100" + "0707" + "01" + "03616464" + "0000" +
  "0a09" + "01" + "0700" + "20002001" + "6a" + "0b",
  "hex",
);
