import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { AREA_LAYOUTS, RingReader, RingWriter } from '../../sap/index.ts';
import {
  builtModule,
  type CsmeEvent,
  type CsmeRequest,
  type HostEvent,
  type HostRequest,
  type Spawned,
  spawnWorkerCsme,
  spawnWorkerHost,
  TransportError,
  workerCsmeEnd,
  workerInput,
} from '../../transport/index.ts';
import { RELAY } from './support/links.ts';
import { areaOf, LocalSide, RemoteSide } from './support/sides.ts';

const spawned: Spawned[] = [];

afterEach(async () => {
  await Promise.all(spawned.splice(0).map((end) => end.terminate()));
});

async function connected() {
  const errors: TransportError[] = [];
  const end = spawnWorkerCsme(RELAY, { role: 'csme' }, { onError: (error) => errors.push(error) });
  spawned.push(end);
  const host = new LocalSide<HostRequest, HostEvent>(end);
  const csme = new RemoteSide<CsmeRequest, CsmeEvent>(end.worker);
  await csme.call('plug');
  await host.next();
  await host.perform({ type: 'map', size: AREA_LAYOUTS[4].size });
  await csme.next();
  await csme.perform({ type: 'mapAnswer', errno: 0 });
  const mapped = await host.next();
  await csme.next();
  if (mapped.type !== 'mapped') throw new Error(`got ${mapped.type}`);
  const area = areaOf(mapped.memory);
  area.initialise();
  return { end, host, csme, area, errors };
}

/** The relay's numbered message. */
function numbered(seq: number): Uint8Array {
  const payload = 14 + (seq % 251);
  const bytes = new Uint8Array(8 + payload).fill(seq & 0xff);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 2000, true);
  view.setUint16(2, payload, true);
  view.setUint32(4, seq, true);
  return bytes;
}

const MESSAGES = 50_000;

describe('worker:', () => {
  it('shares memory, not copies of it', async () => {
    const { area } = await connected();
    expect(area.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('reads while the other thread writes: every message whole and in order', async () => {
    const { csme, area } = await connected();
    const reader = new RingReader(area, area.layout.rings.m2h.data);
    const poured = csme.call('pour', MESSAGES);
    let seq = 0;
    let wrong = 0;
    while (seq < MESSAGES && wrong === 0) {
      const { error } = reader.read((bytes, start, end) => {
        const expected = numbered(++seq);
        if (Buffer.compare(expected, bytes.subarray(start, end)) !== 0) wrong ||= seq;
      });
      if (error !== undefined) throw error;
      Atomics.notify(area.words, reader.ring.rdAt >> 2);
    }
    expect(wrong).toBe(0);
    await poured;
    expect(reader.pending()).toBe(false);
  });

  it('writes while the other thread reads: every message whole and in order', async () => {
    const { csme, area } = await connected();
    const writer = new RingWriter(area, area.layout.rings.h2m.data);
    const drained = csme.call<number>('drain', MESSAGES);
    for (let seq = 1; seq <= MESSAGES; ) {
      const error = writer.write(numbered(seq));
      if (error === undefined) seq++;
      else expect(error.code).toBe('SAP_ERR_RING_FULL');
      Atomics.notify(area.words, writer.ring.wrAt >> 2);
    }
    expect(await drained).toBe(0);
  });

  it('loses the link when the thread is terminated', async () => {
    const { end, host } = await connected();
    await end.terminate();
    expect(await host.next()).toEqual({ type: 'lost' });
    expect(await host.perform({ type: 'map', size: 4096 })).toBe(-19);
  });

  it('loses the link when the thread exits, after what it had sent', async () => {
    const { host, csme } = await connected();
    const bytes = new Uint8Array(12).fill(7);
    await host.perform({ type: 'enable' });
    await host.perform({ type: 'me', bytes });
    await csme.next();
    for (let i = 0; i < 10; i++) await csme.perform({ type: 'me', bytes });
    void csme.call('exit', 3);
    for (let i = 0; i < 10; i++) expect(await host.next()).toEqual({ type: 'me', bytes });
    expect(await host.next()).toEqual({ type: 'lost' });
  });

  it('loses the link when the thread fails, and hands over the error', async () => {
    const { host, csme, errors } = await connected();
    void csme.call('fail');
    expect(await host.next()).toEqual({ type: 'lost' });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'TRANSPORT_ERR_WORKER' });
    expect(errors[0]?.message).toContain('the relay was told to fail');
  });

  it('loses a link that never came about', async () => {
    const errors: TransportError[] = [];
    const missing = new URL('./no-such-module.mjs', import.meta.url);
    const end = spawnWorkerHost(missing, undefined, { onError: (error) => errors.push(error) });
    spawned.push(end);
    const csme = new LocalSide<CsmeRequest, CsmeEvent>(end);
    expect(await csme.next()).toEqual({ type: 'lost' });
    expect(errors[0]?.message).toContain('no-such-module');
  });

  it('tells the thread that it was closed; it ends when it has nothing else to do', async () => {
    const { end, csme } = await connected();
    end.close();
    expect(await csme.next()).toEqual({ type: 'lost' });
  });

  it('has an end for a worker only in a worker', () => {
    expect(() => workerCsmeEnd()).toThrow(TransportError);
    expect(() => workerInput()).toThrow(/only in a worker/);
  });
});

describe('builtModule', () => {
  const root = new URL('../../', import.meta.url).href;

  it('finds the compiled form of a source', () => {
    const built = new URL('dist/transport/index.js', root).href;
    expect(builtModule(new URL('transport/index.ts', root)).href).toBe(built);
    expect(builtModule(new URL('dist/transport/index.ts', root)).href).toBe(built);
  });

  it('leaves what needs no compiling', () => {
    expect(builtModule(RELAY)).toBe(RELAY);
  });

  it('says what to do when there is none', () => {
    expect(() => builtModule(new URL('transport/nothing.ts', root))).toThrow(/npm run build/);
    expect(() => builtModule(pathToFileURL('/elsewhere/a.ts'))).toThrow(/not of this package/);
  });
});
