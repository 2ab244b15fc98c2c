// `node:util/types`: what kind of value something is, as V8 says.

import { core } from "ext:core/mod.js";

const isTyped = (name: string) => (value: unknown) =>
  ArrayBuffer.isView(value) && (value as unknown as Record<symbol, unknown>)[Symbol.toStringTag] === name;

const types = {
  isAnyArrayBuffer: core.isAnyArrayBuffer,
  isArgumentsObject: core.isArgumentsObject,
  isArrayBuffer: core.isArrayBuffer,
  isArrayBufferView: ArrayBuffer.isView,
  isAsyncFunction: core.isAsyncFunction,
  isBigInt64Array: isTyped("BigInt64Array"),
  isBigIntObject: core.isBigIntObject,
  isBigUint64Array: isTyped("BigUint64Array"),
  isBooleanObject: core.isBooleanObject,
  isBoxedPrimitive: core.isBoxedPrimitive,
  isCryptoKey: (value: unknown) => value instanceof CryptoKey,
  isDataView: core.isDataView,
  isDate: core.isDate,
  isExternal: () => false,
  isFloat16Array: isTyped("Float16Array"),
  isFloat32Array: isTyped("Float32Array"),
  isFloat64Array: isTyped("Float64Array"),
  isGeneratorFunction: core.isGeneratorFunction,
  isGeneratorObject: core.isGeneratorObject,
  isInt16Array: isTyped("Int16Array"),
  isInt32Array: isTyped("Int32Array"),
  isInt8Array: isTyped("Int8Array"),
  isKeyObject: (value: unknown) =>
    (value as { constructor?: { name?: string } } | null)?.constructor?.name?.endsWith("KeyObject") ?? false,
  isMap: core.isMap,
  isMapIterator: core.isMapIterator,
  isModuleNamespaceObject: core.isModuleNamespaceObject,
  isNativeError: core.isNativeError,
  isNumberObject: core.isNumberObject,
  isPromise: core.isPromise,
  isProxy: core.isProxy,
  isRegExp: core.isRegExp,
  isSet: core.isSet,
  isSetIterator: core.isSetIterator,
  isSharedArrayBuffer: core.isSharedArrayBuffer,
  isStringObject: core.isStringObject,
  isSymbolObject: core.isSymbolObject,
  isTypedArray: core.isTypedArray,
  isUint16Array: isTyped("Uint16Array"),
  isUint32Array: isTyped("Uint32Array"),
  isUint8Array: isTyped("Uint8Array"),
  isUint8ClampedArray: isTyped("Uint8ClampedArray"),
  isWeakMap: core.isWeakMap,
  isWeakSet: core.isWeakSet,
};

export default types;
