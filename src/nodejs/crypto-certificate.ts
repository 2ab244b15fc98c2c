// `X509Certificate` of `node:crypto`: Node reads the certificate.

import { call, Remote } from "./host.ts";

const PROPERTIES = [
  ...["ca", "fingerprint", "fingerprint256", "fingerprint512", "infoAccess", "issuer", "keyUsage", "publicKey", "raw"],
  ...["serialNumber", "subject", "subjectAltName", "validFrom", "validTo"],
];
const METHODS = ["checkEmail", "checkHost", "checkIP", "toJSON", "toLegacyObject", "toString"];

class X509Certificate {
  readonly #data: unknown;
  readonly #remote: Remote;

  constructor(data: unknown) {
    this.#remote = new Remote("certificate", data);
    this.#data = data;
  }

  static {
    for (const name of PROPERTIES) {
      const get = function (this: X509Certificate) {
        return this.#remote.call(name);
      };
      Object.defineProperty(this.prototype, name, { get, configurable: true, enumerable: true });
    }
    for (const name of METHODS) {
      const value = function (this: X509Certificate, ...args: unknown[]) {
        return this.#remote.call(name, ...args);
      };
      Object.defineProperty(this.prototype, name, { value, writable: true, configurable: true });
    }
  }

  get validFromDate() {
    return new Date(this.#remote.call("validFrom") as string);
  }

  get validToDate() {
    return new Date(this.#remote.call("validTo") as string);
  }

  checkIssued(other: X509Certificate) {
    return call("crypto", "isIssuedBy", this.#data, other.#data);
  }

  checkPrivateKey(key: unknown) {
    return this.#remote.call("checkPrivateKey", key);
  }

  verify(key: unknown) {
    return this.#remote.call("verify", key);
  }
}

export { X509Certificate };
