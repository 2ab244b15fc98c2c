# What serves a WPT checkout to its tests: the checkout's own server, at two origins, whose ports are printed once both
# listen. It ends when its input does.
import logging
import os
import socket
import sys

root = os.path.abspath(sys.argv[1])
sys.path.insert(0, os.path.join(root, "tools"))
import localpaths  # noqa: E402, F401
from wptserve.config import ConfigBuilder  # noqa: E402
from wptserve.server import WebTestHttpd  # noqa: E402
from wptserve.stash import StashServer  # noqa: E402

HOST = "localhost"


def free_ports(count):
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def serve(config):
    servers = [WebTestHttpd(host=HOST, port=port, doc_root=root, config=config) for port in config.ports["http"]]
    for server in servers:
        server.start()
    print(*config.ports["http"], flush=True)
    sys.stdin.read()
    for server in servers:
        server.stop()


# The stash runs in a process of its own, which imports this file.
if __name__ == "__main__":
    logger = logging.getLogger()
    logger.setLevel(logging.CRITICAL)
    ports = free_ports(4)
    with ConfigBuilder(
        logger,
        browser_host=HOST,
        alternate_hosts={"alt": "127.0.0.1"},
        subdomains={"www", "www1", "www2"},
        not_subdomains=set(),
        ports={"http": ports[:2]},
        ssl={"type": "none"},
    ) as config, StashServer():
        # Tests fill in ports for TLS too, where nobody listens.
        config["ports"]["https"] = ports[2:]
        serve(config)
