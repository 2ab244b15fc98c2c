// `navigator`: it says what kind of runtime this is, in either realm.
(() => {
  "use strict";

  class Navigator {
    get userAgent() {
      return "Cloudflare-Workers";
    }
  }

  const exported = { Navigator, navigator: new Navigator() };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
