// `miniflare-rs/cloudflare-email` as an ES module.
import door from "../lib/node/cloudflare-email.js";

export const { EmailMessage } = door;
export default door;
