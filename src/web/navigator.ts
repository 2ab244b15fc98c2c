// `navigator`: it says what kind of runtime this is, in either realm.

class Navigator {
  get userAgent() {
    return "Cloudflare-Workers";
  }
}

export const navigator = new Navigator();
export { Navigator };
