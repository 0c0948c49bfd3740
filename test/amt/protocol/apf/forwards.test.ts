import { describe, expect, it } from 'vitest';
import { accept, FORWARD, openLms, PORT, startedLms } from './driven.ts';

const forward = (port: number, address = '') => ({ ...FORWARD, port, address });
const cancel = (port: number, address = '') =>
  ({ ...FORWARD, name: 'CANCEL_TCPIP_FORWARD', port, address }) as const;
const SUCCESS = { name: 'REQUEST_SUCCESS' };
const FAILURE = { name: 'REQUEST_FAILURE' };

describe('ports', () => {
  it('are answered in the order of the requests, whichever is ready first', () => {
    const lms = startedLms();
    expect(lms.hear(forward(623), forward(664), cancel(1))).toEqual([
      { type: 'listen', id: 2, address: '', port: 623 },
      { type: 'listen', id: 3, address: '', port: 664 },
    ]);
    expect(lms.put({ type: 'listening', id: 3, ok: true })).toEqual([]);
    expect(lms.put({ type: 'listening', id: 2, ok: false })).toEqual([
      FAILURE,
      { ...SUCCESS, port: 664 },
      FAILURE,
    ]);
  });

  it('of several addresses are listened on once, until the last is cancelled', () => {
    const lms = startedLms();
    expect(lms.hear(forward(PORT, '0.0.0.0'))).toEqual([{ ...SUCCESS, port: PORT }]);
    expect(lms.hear(forward(PORT, '0.0.0.0'))).toEqual([FAILURE]);
    expect(lms.hear(cancel(PORT, '0.0.0.0'))).toEqual([SUCCESS]);
    expect(lms.hear(cancel(PORT, '0.0.0.0'))).toEqual([FAILURE]);
    expect(lms.hear(cancel(PORT))).toEqual([{ type: 'unlisten', port: PORT }, SUCCESS]);
    expect(lms.put(accept(1))).toMatchObject([{ type: 'refused' }]);
  });

  it('of two addresses are both answered when the port is ready', () => {
    const lms = startedLms();
    lms.hear(forward(623), forward(623, '::'));
    const success = { ...SUCCESS, port: 623 };
    expect(lms.put({ type: 'listening', id: 2, ok: true })).toEqual([success, success]);
  });

  it('that are cancelled before they are ready fail', () => {
    const lms = startedLms();
    lms.hear(forward(623));
    expect(lms.hear(cancel(623))).toEqual([{ type: 'unlisten', port: 623 }, FAILURE, SUCCESS]);
    expect(lms.put({ type: 'listening', id: 2, ok: true })).toEqual([]);
  });

  it('that failed can be asked for again', () => {
    const lms = startedLms();
    lms.hear(forward(623));
    expect(lms.put({ type: 'listening', id: 2, ok: false })).toEqual([FAILURE]);
    expect(lms.hear(forward(623))).toEqual([{ type: 'listen', id: 3, address: '', port: 623 }]);
  });

  it('that are cancelled keep their connections', () => {
    const lms = openLms();
    expect(lms.hear(cancel(PORT))).toEqual([{ type: 'unlisten', port: PORT }, SUCCESS]);
    expect(lms.put({ type: 'data', connection: 1, bytes: new Uint8Array(2) })).toHaveLength(1);
  });

  it('are not more than the limit', () => {
    const lms = startedLms({ ports: 2 });
    expect(lms.hear(forward(623))).toMatchObject([{ type: 'listen' }]);
    lms.put({ type: 'listening', id: 2, ok: true });
    expect(lms.hear(forward(664))).toEqual([FAILURE]);
  });

  it('are not asked for without end while nothing is answered', () => {
    const lms = startedLms({ ports: 100 });
    for (let port = 1; port <= 64; port++) expect(lms.hear(forward(port))).toHaveLength(1);
    expect(lms.hear(forward(65))).toContainEqual({ name: 'DISCONNECT', reason: 2 });
  });
});

describe('other requests', () => {
  it('that are not known are refused if they want an answer', () => {
    const lms = startedLms();
    const request = { name: 'GLOBAL_REQUEST', request: 'dance', data: new Uint8Array(3) } as const;
    const problem = { problem: expect.stringContaining('"dance"') };
    expect(lms.hear({ ...request, wantReply: true })).toEqual([problem, FAILURE]);
    expect(lms.hear({ ...request, wantReply: false })).toEqual([problem]);
  });

  it('to send a datagram are passed on, and never answered', () => {
    const datagram = {
      address: '10.0.0.5',
      port: 162,
      originatorAddress: '10.0.0.9',
      originatorPort: PORT,
      payload: Uint8Array.of(0x30, 1, 0),
    };
    expect(startedLms().hear({ name: 'UDP_SEND_TO', wantReply: true, ...datagram })).toEqual([
      { type: 'udp', ...datagram },
    ]);
  });
});
