// The types of undici's fetch classes, which are those of Node's: it exports none for the files that they are in.

declare module "undici-7/lib/web/fetch/formdata.js" {
  export const FormData: typeof globalThis.FormData;
}

declare module "undici-7/lib/web/fetch/headers.js" {
  export const Headers: typeof globalThis.Headers;
}

declare module "undici-7/lib/web/fetch/request.js" {
  export const Request: typeof globalThis.Request;
}

declare module "undici-7/lib/web/fetch/response.js" {
  export const Response: typeof globalThis.Response;
}
