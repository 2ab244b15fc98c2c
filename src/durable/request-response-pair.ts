// What an object has answered for it, without being woken. One copy runs in the worker, and one in Node for tests.

const NAME = "WebSocketRequestResponsePair";

let isPair: (value: unknown) => value is WebSocketRequestResponsePair;

class WebSocketRequestResponsePair {
  #request: string;
  #response: string;

  constructor(...texts: [request: string, response: string]) {
    if (texts.length < 2) throw new TypeError(missing(texts.length + 1));
    this.#request = `${texts[0]}`;
    this.#response = `${texts[1]}`;
  }

  static {
    isPair = (value): value is WebSocketRequestResponsePair =>
      typeof value === "object" && value !== null && #request in value;
  }

  get request() {
    return this.#request;
  }

  get response() {
    return this.#response;
  }
}

function missing(position: number) {
  return `Failed to construct '${NAME}': constructor parameter ${position} is not of type 'string'.`;
}

const exportedIsPair = (value: unknown): value is WebSocketRequestResponsePair => isPair(value);
export { exportedIsPair as isPair, WebSocketRequestResponsePair };
