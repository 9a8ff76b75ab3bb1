"""A TCP service for the tests: service.py echo|discard PORT. It closes when its peer has."""
import asyncio
import socket
import sys


async def serve(reader, writer):
    try:
        while octets := await reader.read(65536):
            if sys.argv[1] == "echo":
                writer.write(octets)
                await writer.drain()
    except OSError:
        pass
    writer.close()


async def main():
    listener = socket.create_server(("::", int(sys.argv[2])), family=socket.AF_INET6, dualstack_ipv6=True, backlog=256)
    server = await asyncio.start_server(serve, sock=listener, backlog=256)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
