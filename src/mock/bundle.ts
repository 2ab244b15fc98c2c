// What a worker has of a mock (`room.ts`): a lazy script of its own.
export { useMock } from "ext:miniflare/mock/mock-fetch.ts";
