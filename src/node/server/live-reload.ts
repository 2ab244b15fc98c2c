// Live reload, as a page sees it: a script that waits on a WebSocket for the worker to be loaded again.

/** Where the socket is. */
export const RELOAD_PATH = "/cdn-cgi/mf/reload";

/** Added behind HTML pages. */
export const RELOAD_SCRIPT = `<script defer type="application/javascript">
(function () {
  // Miniflare Live Reload
  var url = new URL("${RELOAD_PATH}", location.origin);
  url.protocol = url.protocol.replace("http", "ws");
  function reload() { location.reload(); }
  function connect(reconnected) {
    var ws = new WebSocket(url);
    if (reconnected) ws.onopen = reload;
    ws.onclose = function(e) {
      e.code === 1012 ? reload() : e.code === 1000 || e.code === 1001 || setTimeout(connect, 1000, true);
    }
  }
  connect();
})();
</script>`;
