// Connections to servers.
// @ts-nocheck

export const connect = async (url) => {
  throw new Error(`Cannot connect to ${url}: there is no client yet`);
};
