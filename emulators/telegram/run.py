"""Run telemelya on a port of this machine, with a Redis and an S3 that live in memory: `run.py PORT`."""

import os
import sys
import threading

from fakeredis import TcpFakeServer
from moto.server import ThreadedMotoServer

HOST = "127.0.0.1"


def main(port: str) -> None:
    """Serve until the process is ended."""
    redis = TcpFakeServer((HOST, 0), server_type="redis")
    threading.Thread(target=redis.serve_forever, daemon=True).start()
    s3 = ThreadedMotoServer(HOST, port=0)
    s3.start()
    s3_host, s3_port = s3.get_host_and_port()
    os.environ |= {
        "REDIS_URL": f"redis://{HOST}:{redis.server_address[1]}/0",
        "MINIO_ENDPOINT": f"{s3_host}:{s3_port}",
        "MOCK_SERVER_HOST": HOST,
        "MOCK_SERVER_PORT": port,
    }
    from telemelya.server.app import main as serve  # reads these when it is imported

    serve()


if __name__ == "__main__":
    main(sys.argv[1])
