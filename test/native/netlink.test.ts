import { createRequire } from 'node:module';
import { afterEach, describe, expect, it } from 'vitest';
import { native, nativeProblem } from '../../native/index.ts';
import { splitMessages } from '../../netlink-bridge/netlink/message.ts';

const GENERIC = 16;

interface Socket {
  address(): { readonly port: number };
  close(): void;
  once(event: 'message', listener: (datagram: Uint8Array) => void): void;
}

describe.skipIf(nativeProblem() !== undefined)('a netlink socket of somebody else', () => {
  const sockets: Socket[] = [];
  const descriptors: number[] = [];
  function open(): { socket: Socket; fd: number } {
    const { RawNetlinkSocket } = createRequire(import.meta.url)('netlink');
    const socket: Socket = new RawNetlinkSocket(GENERIC);
    sockets.push(socket);
    const fd = native().netlinkAttach(GENERIC, socket.address().port);
    descriptors.push(fd);
    return { socket, fd };
  }
  afterEach(() => {
    for (const fd of descriptors.splice(0)) native().close(fd);
    for (const socket of sockets.splice(0)) socket.close();
  });

  /** CTRL_CMD_GETFAMILY without saying which, with NLM_F_REQUEST and NLM_F_ACK, number 9. */
  const REQUEST = Uint8Array.from([20, 0, 0, 0, 16, 0, 5, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0]);

  it('is found by its port, among others', async () => {
    const [one, other] = [open(), open()];
    const heard = new Promise<Uint8Array>((resolve) => other.socket.once('message', resolve));
    one.socket.once('message', () => expect.unreachable('the answer is for the other one'));
    await native().netlinkSend(other.fd, REQUEST);
    const [answer] = splitMessages(new Uint8Array(await heard));
    expect(answer).toMatchObject({ type: 2, sequence: 9, port: other.socket.address().port });
    // The request is not repeated (NLM_F_CAPPED): only the errno, and its header.
    expect(answer!.flags & 0x100).toBe(0x100);
  });

  it('can be closed before what was sent is through, and the bytes may change', async () => {
    const { socket, fd } = open();
    const bytes = REQUEST.slice();
    const sent = native().netlinkSend(fd, bytes);
    bytes.fill(0);
    native().close(descriptors.pop()!);
    socket.close();
    sockets.pop();
    await sent;
  });

  it('that there is not, is not attached', () => {
    const { port } = open().socket.address();
    expect(() => native().netlinkAttach(GENERIC, port + 1)).toThrow(/getsockname \(netlink\): ENOTCONN/);
    expect(() => native().netlinkAttach(0, port)).toThrow('ENOTCONN');
  });

  it.each([
    [[-1, 1], RangeError],
    [[GENERIC, 0], RangeError],
    [[GENERIC, 2 ** 32], RangeError],
    [['16', 1], TypeError],
  ] as const)('is not %o', ([protocol, port], kind) => {
    expect(() => native().netlinkAttach(protocol as number, port)).toThrow(kind);
  });

  it('takes bytes, and a descriptor that is open', async () => {
    const { fd } = open();
    expect(() => native().netlinkSend(fd, 'text' as never)).toThrow(TypeError);
    expect(() => native().netlinkSend(0x7fff_fff0, REQUEST)).toThrow('EBADF');
    await expect(native().netlinkSend(fd, new Uint8Array(300_000))).rejects.toThrow('EMSGSIZE');
  });
});
