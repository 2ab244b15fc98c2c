// Upstream's client-certificate helper, which workers do not have. `fetch` loads it for one name.
(() => ({
  loadTlsKeyPair() {
    throw new TypeError("Client certificates are not available in workers");
  },
}))();
