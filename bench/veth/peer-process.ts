/** The peer's process: sends frames as the native sender does, and serves the host's own TCP connections. */
import { createServer, type Socket } from 'node:net';
import { obey } from './child.ts';
import { ip, SENDER_END } from './pair.ts';
import {
  ECHO_PORT,
  HOST_ADDRESS,
  HOST_MAC,
  PEER_ADDRESS,
  PEER_MAC,
  type PeerOrder,
  STREAM_PORT,
} from './peer.ts';
import { type Sent, send } from './sender.ts';

obey(async (order: PeerOrder): Promise<Sent | undefined> => (order.type === 'setUp' ? setUp() : send(order)));

async function setUp(): Promise<undefined> {
  ip(
    `link set ${SENDER_END} address ${PEER_MAC} arp off up`,
    `address add ${PEER_ADDRESS}/24 dev ${SENDER_END}`,
    `neighbour replace ${HOST_ADDRESS} lladdr ${HOST_MAC} dev ${SENDER_END} nud permanent`,
  );
  await listen(STREAM_PORT, stream);
  await listen(ECHO_PORT, (socket) => socket.setNoDelay().pipe(socket));
}

function listen(port: number, serve: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    serve(socket);
  });
  return new Promise((resolve) => server.listen(port, PEER_ADDRESS, resolve));
}

function stream(socket: Socket): void {
  const chunk = new Uint8Array(256 * 1024);
  const fill = () => {
    while (!socket.destroyed && socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
}
