// The parts of undici that `undici.ts` takes, which its own types do not name: they are called on a dispatcher.

declare module "undici/lib/api/api-request.js" {
  const request: (
    this: import("../../../index.d.ts").FetchDispatcher,
    options: import("../../../index.d.ts").MockAgentRequest,
    callback?: (error: Error | null, response: import("../../../index.d.ts").MockAgentResponse) => void,
  ) => Promise<import("../../../index.d.ts").MockAgentResponse>;
  export default request;
}

declare module "undici/lib/api/api-stream.js" {
  type Head = Omit<import("../../../index.d.ts").MockAgentResponse, "body" | "trailers">;
  type End = { opaque: unknown; trailers: Record<string, string> };
  const stream: (
    this: import("../../../index.d.ts").FetchDispatcher,
    options: import("../../../index.d.ts").MockAgentRequest,
    factory: (head: Head) => NodeJS.WritableStream,
    callback?: (error: Error | null, end: End) => void,
  ) => Promise<End>;
  export default stream;
}
