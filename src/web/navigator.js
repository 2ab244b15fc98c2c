// `navigator`: it says what kind of runtime this is.

export class Navigator {
  get userAgent() {
    return "Cloudflare-Workers";
  }
}
export const navigator = new Navigator();
