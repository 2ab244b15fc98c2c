// `miniflare-rs/cloudflare-email`, in the place of `cloudflare:email`, for code that a test imports.

export { EmailMessage } from "../email-message.ts";
