// The contract of `navigator.js`: what kind of runtime this is.

export class Navigator {
  get userAgent(): string;
}

export const navigator: Navigator;
