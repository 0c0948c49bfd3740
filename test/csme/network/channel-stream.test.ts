/** A channel of LME as a stream: what its user is told becomes what a stream does, and back. */
import { afterEach, expect, it, vi } from 'vitest';
import { ChannelStream } from '../../../csme/network/channel-stream.ts';

afterEach(() => {
  vi.useRealTimers();
});

function made() {
  const calls: string[] = [];
  const stream = new ChannelStream({
    port: 16992,
    originatorAddress: '127.0.0.1',
    originatorPort: 50_000,
    send: (bytes) => void calls.push(`send ${bytes.length}`),
    taken: (byteCount) => void calls.push(`taken ${byteCount}`),
    end: () => void calls.push('end'),
    abort: () => void calls.push('abort'),
  });
  return { stream, calls };
}

const turns = async () => {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
};

it('takes bytes as they are read, and no more than it has room for', async () => {
  const { stream, calls } = made();
  const room = stream.readableHighWaterMark;
  stream.onData(new Uint8Array(room - 1));
  stream.onData(new Uint8Array(2));
  expect(calls).toEqual([`taken ${room - 1}`]);
  stream.onData(new Uint8Array(3));
  expect(calls).toHaveLength(1);
  let got = 0;
  stream.on('data', (part: Uint8Array) => {
    got += part.length;
  });
  await turns();
  expect([got, calls]).toEqual([room + 4, [`taken ${room - 1}`, 'taken 5']]);
});

it('keeps its own copy of what came', async () => {
  const { stream } = made();
  const bytes = Uint8Array.of(1, 2, 3);
  stream.onData(bytes);
  bytes.fill(9);
  await turns();
  expect([...stream.read()]).toEqual([1, 2, 3]);
});

it('writes no more while it is to pause', async () => {
  const { stream, calls } = made();
  stream.write(new Uint8Array(1));
  stream.onPause();
  stream.write(new Uint8Array(2));
  stream.write(new Uint8Array(3));
  await turns();
  expect(calls).toEqual(['send 1', 'send 2']);
  stream.onResume();
  stream.end();
  await turns();
  expect(calls).toEqual(['send 1', 'send 2', 'send 3', 'end']);
});

it('ends when the other side does', async () => {
  const { stream, calls } = made();
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.onEnd();
  await closed;
  expect([stream.destroyed, calls]).toEqual([true, ['abort']]);
});

it('is silent for as long as it may be', () => {
  vi.useFakeTimers();
  const { stream } = made();
  let timeouts = 0;
  stream.setTimeout(1_000, () => {
    timeouts++;
  });
  vi.advanceTimersByTime(999);
  stream.onData(Uint8Array.of(1));
  vi.advanceTimersByTime(999);
  stream.write(Uint8Array.of(1));
  vi.advanceTimersByTime(999);
  expect(timeouts).toBe(0);
  vi.advanceTimersByTime(1);
  expect(timeouts).toBe(1);
  stream.setTimeout(0);
  stream.destroy();
  expect(vi.getTimerCount()).toBe(0);
});
