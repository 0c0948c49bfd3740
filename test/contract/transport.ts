/** What every transport has to do: one suite, run on each of them and on each wrapper. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AREA_LAYOUTS, EBUSY, EFAULT, EFBIG, EINVAL, ENODEV, hexOf, type Queue } from '../../sap/index.ts';
import type { CsmeEvent, CsmeRequest, HostEvent, HostRequest } from '../../transport/index.ts';

/** One end as the suite uses it; the end itself may be in another thread. */
export interface Side<Request, Event> {
  perform(request: Request): Promise<number>;
  /** The next event that the suite has not seen; waits for it. */
  next(): Promise<Event>;
  /** Events that have come and were not asked for. */
  readonly unseen: readonly Event[];
  close(): Promise<void>;
  /** Writes a SAP message to the ring that leads away from this side; the code of the error if there was one. */
  write(queue: Queue, message: Uint8Array): Promise<string | undefined>;
  /** Reads all SAP messages of the ring that leads to this side. */
  read(queue: Queue): Promise<Uint8Array[]>;
  /** Zeroes the area and fills its control block. */
  initialise(): Promise<void>;
}

/** What a carrier has no words for; its own tests say what happens instead. */
export type Lack =
  /** The firmware's answer to a map does not come back to the host. */
  | 'map answer'
  /** The firmware hears of `unmap` with the next area. */
  | 'unmap'
  /** An ME message of no bytes. */
  | 'empty message';

export interface Link {
  readonly lacks?: readonly Lack[];
  readonly host: Side<HostRequest, HostEvent>;
  readonly csme: Side<CsmeRequest, CsmeEvent>;
  plug(): Promise<void>;
  unplug(): Promise<void>;
  /** Gives what is under way time to arrive: for seeing that nothing comes. What must come is awaited by `next`. */
  settle(): Promise<void>;
  dispose(): Promise<void>;
}

const V4 = AREA_LAYOUTS[4].size;
const V3 = AREA_LAYOUTS[3].size;

export function transportContract(name: string, open: () => Promise<Link>): void {
  describe(`transport contract: ${name}`, () => {
    let link: Link;
    const lacks = (what: Lack) => link.lacks?.includes(what) ?? false;

    beforeEach(async () => {
      link = await open();
    });

    afterEach(async () => {
      await link.dispose();
    });

    async function probe(): Promise<void> {
      await link.plug();
      expect(await link.host.next()).toEqual({ type: 'probe' });
    }

    async function map(size = V4): Promise<void> {
      expect(await link.host.perform({ type: 'map', size })).toBe(0);
      expect(await link.csme.next()).toEqual({ type: 'mapRequest', size });
      expect(await link.csme.perform({ type: 'mapAnswer', errno: 0 })).toBe(0);
      const mapped = await link.host.next();
      expect(mapped.type === 'mapped' && mapped.memory.byteLength).toBe(size);
      const area = await link.csme.next();
      expect(area.type === 'area' && area.memory.byteLength).toBe(size);
    }

    async function enable(): Promise<void> {
      expect(await link.host.perform({ type: 'enable' })).toBe(0);
      // What comes behind it has it in front.
      expect(await link.host.perform({ type: 'me', bytes: me(0) })).toBe(0);
      expect(await link.csme.next()).toEqual({ type: 'me', bytes: me(0) });
    }

    async function connect(): Promise<void> {
      await probe();
      await map();
      await link.host.initialise();
      await enable();
    }

    it('probes once for each plug', async () => {
      await probe();
      await link.plug();
      await link.settle();
      expect(link.host.unseen).toEqual([]);
    });

    it('is not there before it is plugged', async () => {
      expect(await link.host.perform({ type: 'map', size: V4 })).toBe(-ENODEV);
      expect(await link.host.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      expect(await link.csme.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
    });

    it('maps an area that both sides see', async () => {
      await probe();
      await map();
      await link.host.initialise();
      const message = sap(511, 7, 4);
      expect(await link.csme.write('notif', message)).toBeUndefined();
      expect(await link.host.read('notif')).toEqual([message]);
    });

    it('refuses a map and grants the next one', async ({ skip }) => {
      skip(lacks('map answer'));
      await probe();
      await link.host.perform({ type: 'map', size: V4 });
      await link.csme.next();
      await link.csme.perform({ type: 'mapAnswer', errno: EFAULT });
      expect(await link.host.next()).toEqual({ type: 'mapRefused', errno: EFAULT });
      await map(V3);
    });

    it('refuses a second map, and a map of no size', async () => {
      await probe();
      await link.host.perform({ type: 'map', size: 0 });
      expect(await link.host.next()).toEqual({ type: 'mapRefused', errno: EINVAL });
      await map();
      await link.host.perform({ type: 'map', size: V4 });
      expect(await link.host.next()).toEqual({ type: 'mapRefused', errno: EBUSY });
    });

    it('takes no answer that nobody waits for', async () => {
      await probe();
      expect(await link.csme.perform({ type: 'mapAnswer', errno: 0 })).toBe(-EINVAL);
      await map();
      expect(await link.csme.perform({ type: 'mapAnswer', errno: 0 })).toBe(-EINVAL);
    });

    it('drops the answer to a map that was taken back', async ({ skip }) => {
      skip(lacks('map answer'));
      await probe();
      await link.host.perform({ type: 'map', size: V4 });
      await link.csme.next();
      await link.host.perform({ type: 'unmap' });
      await link.csme.perform({ type: 'mapAnswer', errno: 0 });
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      await map(V3);
    });

    it('announces an unmap, and maps again', async ({ skip }) => {
      skip(lacks('unmap'));
      await connect();
      expect(await link.host.perform({ type: 'unmap' })).toBe(0);
      expect(await link.csme.next()).toEqual({ type: 'areaGone' });
      await map();
    });

    it('carries ME messages both ways, whole and in order', async () => {
      await connect();
      for (let i = 0; i < 100; i++) {
        expect(await link.host.perform({ type: 'me', bytes: me(i, (i % 89) + 12) })).toBe(0);
        expect(await link.csme.perform({ type: 'me', bytes: me(i + 1000, 12) })).toBe(0);
      }
      for (let i = 0; i < 100; i++) {
        expect(await link.csme.next()).toEqual({ type: 'me', bytes: me(i, (i % 89) + 12) });
        expect(await link.host.next()).toEqual({ type: 'me', bytes: me(i + 1000, 12) });
      }
    });

    it('carries 0 to 100 bytes and refuses 101', async () => {
      await connect();
      for (const length of lacks('empty message') ? [1, 100] : [0, 1, 100]) {
        const bytes = new Uint8Array(length).fill(length);
        expect(await link.host.perform({ type: 'me', bytes })).toBe(0);
        expect(await link.csme.next()).toEqual({ type: 'me', bytes });
        expect(await link.csme.perform({ type: 'me', bytes })).toBe(0);
        expect(await link.host.next()).toEqual({ type: 'me', bytes });
      }
      expect(await link.host.perform({ type: 'me', bytes: new Uint8Array(101) })).toBe(-EFBIG);
      expect(await link.csme.perform({ type: 'me', bytes: new Uint8Array(101) })).toBe(-EFBIG);
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      expect(link.csme.unseen).toEqual([]);
    });

    it('carries a copy: the sender may use its buffer again, also a part of a larger one', async () => {
      await connect();
      const buffer = new Uint8Array(200).fill(0x11);
      const bytes = buffer.subarray(50, 70);
      await link.host.perform({ type: 'me', bytes });
      await link.csme.perform({ type: 'me', bytes });
      buffer.fill(0x22);
      const expected = { type: 'me', bytes: new Uint8Array(20).fill(0x11) };
      expect(await link.csme.next()).toEqual(expected);
      expect(await link.host.next()).toEqual(expected);
    });

    it('carries ME messages only while the client is enabled', async () => {
      await probe();
      await map();
      expect(await link.host.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      expect(await link.csme.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      await enable();
      expect(await link.csme.perform({ type: 'me', bytes: me(2) })).toBe(0);
      expect(await link.host.next()).toEqual({ type: 'me', bytes: me(2) });
      await link.host.perform({ type: 'disable' });
      expect(await link.host.perform({ type: 'me', bytes: me(3) })).toBe(-ENODEV);
      if (lacks('unmap')) return;
      await link.host.perform({ type: 'unmap' });
      expect(await link.csme.next()).toEqual({ type: 'areaGone' });
      expect(await link.csme.perform({ type: 'me', bytes: me(3) })).toBe(-ENODEV);
    });

    it('carries SAP messages through the rings, both ways, around their ends', async () => {
      await connect();
      let seq = 0;
      for (let batch = 0; batch < 40; batch++) {
        const notifs = Array.from({ length: 9 }, (_, i) => sap(1000 + i, ++seq, 400 + 13 * i));
        const frames = Array.from({ length: 5 }, (_, i) => sap(2000, ++seq, 500 + 31 * i));
        for (const [from, to] of [
          [link.host, link.csme],
          [link.csme, link.host],
        ] as const) {
          for (const message of notifs) expect(await from.write('notif', message)).toBeUndefined();
          for (const message of frames) expect(await from.write('data', message)).toBeUndefined();
          expect((await to.read('notif')).map(hexOf)).toEqual(notifs.map(hexOf));
          expect((await to.read('data')).map(hexOf)).toEqual(frames.map(hexOf));
        }
      }
    });

    it('loses the link on both sides, and has it again', async () => {
      await connect();
      await link.unplug();
      expect(await link.host.next()).toEqual({ type: 'lost' });
      expect(await link.csme.next()).toEqual({ type: 'lost' });
      expect(await link.host.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      expect(await link.csme.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      await link.unplug();
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      await connect();
      await link.host.perform({ type: 'me', bytes: me(2) });
      expect(await link.csme.next()).toEqual({ type: 'me', bytes: me(2) });
    });

    it('brings nothing of the old link to the new one', async () => {
      await connect();
      const sent = link.host.perform({ type: 'me', bytes: me(1) });
      await link.unplug();
      await link.plug();
      await sent;
      let event = await link.csme.next();
      if (event.type === 'me') event = await link.csme.next();
      expect(event).toEqual({ type: 'lost' });
      expect(await link.host.next()).toEqual({ type: 'lost' });
      expect(await link.host.next()).toEqual({ type: 'probe' });
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      expect(link.csme.unseen).toEqual([]);
      expect(await link.csme.perform({ type: 'me', bytes: me(2) })).toBe(-ENODEV);
    });

    it('undoes without a link what is undone already', async () => {
      expect(await link.host.perform({ type: 'disable' })).toBe(0);
      expect(await link.host.perform({ type: 'unmap' })).toBe(0);
    });

    it('tells the firmware when the host closes, once', async () => {
      await connect();
      await link.csme.perform({ type: 'me', bytes: me(1) });
      expect(await link.host.next()).toEqual({ type: 'me', bytes: me(1) });
      await link.host.close();
      await link.host.close();
      expect(await link.csme.next()).toEqual({ type: 'lost' });
      expect(await link.host.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      expect(await link.csme.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      await link.unplug();
      await link.plug();
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      expect(link.csme.unseen).toEqual([]);
    });

    it('tells the host when the firmware closes, once', async () => {
      await connect();
      await link.csme.close();
      await link.csme.close();
      expect(await link.host.next()).toEqual({ type: 'lost' });
      expect(await link.host.perform({ type: 'map', size: V4 })).toBe(-ENODEV);
      await link.plug();
      await link.settle();
      expect(link.host.unseen).toEqual([]);
      expect(link.csme.unseen).toEqual([]);
    });
  });
}

/** An ME message of a type that no machine knows, numbered. */
export function me(seq: number, length = 12): Uint8Array {
  const bytes = new Uint8Array(length).fill(seq);
  new DataView(bytes.buffer).setUint32(0, 0x51, true);
  new DataView(bytes.buffer).setUint32(4, seq, true);
  new DataView(bytes.buffer).setUint32(8, length, true);
  return bytes;
}

/** A SAP message with a header and a payload of any bytes. */
export function sap(id: number, seq: number, payload: number): Uint8Array {
  const bytes = new Uint8Array(8 + payload).fill(seq * 31);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  view.setUint16(2, payload, true);
  view.setUint32(4, seq, true);
  return bytes;
}
