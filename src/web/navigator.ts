// `navigator`: it says what kind of runtime this is, in either realm.

class Navigator {
  get userAgent() {
    return "Cloudflare-Workers";
  }
}

/** Adds the language, which Workers have from a compatibility date on. */
export function addLanguage() {
  Object.defineProperty(Navigator.prototype, "language", { get: () => "en", enumerable: true, configurable: true });
}

export const navigator = new Navigator();
export { Navigator };
