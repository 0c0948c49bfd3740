import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../sap/declare.ts';
import type { SapDraft, SapMessage } from '../../sap/index.ts';
import {
  declOf,
  decodeSap,
  EMPTY,
  encodeSap,
  encodeSapInto,
  SAP_HEADER_LEN,
  SAP_MESSAGES,
  SapError,
  sapSize,
  UNASSIGNED_IDS,
} from '../../sap/index.ts';
import { leaves } from '../../sap/walk/fields.ts';
import { anyMessage, messageOf, unknownMessage } from '../support/arbitrary.ts';
import { recordedMessages } from '../support/recordings.ts';

const RUNS = { seed: 20260, numRuns: 60 };

/** Sizes with the header, as compiled from the reference's structures; of 2000 and 2001, the least. */
const SIZES: Record<string, number> = {
  PING: 8,
  PONG: 8,
  CSME_FILTERS: 1904,
  AMT_STATE: 12,
  CSME_REPLY_TO_HOST_OWNERSHIP_REQ: 12,
  CSME_TAKING_OWNERSHIP: 8,
  TRIGGER_IP_REFRESH: 8,
  CSME_CAN_RELEASE_OWNERSHIP: 8,
  NIC_OWNER: 12,
  CSME_CONN_STATUS: 72,
  NVM: 468,
  PLDR_ACK: 16,
  BAND_SELECTION: 8,
  RADIO_STATE: 12,
  NIC_INFO: 20,
  HOST_ASKS_FOR_NIC_OWNERSHIP: 8,
  HOST_SUSPENDS: 12,
  HOST_RESUMES: 12,
  HOST_GOES_DOWN: 8,
  CSME_OWNERSHIP_CONFIRMED: 8,
  COUNTRY_CODE: 16,
  HOST_LINK_UP: 76,
  HOST_LINK_DOWN: 16,
  WHO_OWNS_NIC: 8,
  WIFIDR_DOWN: 8,
  WIFIDR_UP: 8,
  HOST_OWNERSHIP_CONFIRMED: 8,
  SAR_LIMITS: 28,
  GET_NVM: 8,
  PLDR: 12,
  PLDR_END: 16,
  DATA_PACKET: 22,
  CB_DATA_PACKET: 48,
};

it('the register has the sizes of the reference', () => {
  const declared = SAP_MESSAGES.map((decl) => [decl.short, SAP_HEADER_LEN + decl.payload]);
  expect(Object.fromEntries(declared)).toEqual(SIZES);
});

it('ids and names are unique, and none is an unassigned one', () => {
  const ids = SAP_MESSAGES.map((decl) => decl.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(SAP_MESSAGES.map((decl) => decl.short)).size).toBe(ids.length);
  expect(ids.filter((id) => (UNASSIGNED_IDS as readonly number[]).includes(id))).toEqual([]);
});

describe.each(SAP_MESSAGES.map((decl) => [decl.short, decl] as const))('%s', (name, decl) => {
  const size = SAP_HEADER_LEN + decl.payload;

  it('value to bytes to value', () => {
    fc.assert(
      fc.property(messageOf(decl), (message) => {
        const bytes = encodeSap(message, message.seqNum);
        expect(bytes.length).toBe(sapSize(message));
        expect(decodeSap(bytes)).toEqual(message);
      }),
      RUNS,
    );
  });

  it('bytes to value to bytes', () => {
    const body = fc.uint8Array({ minLength: decl.payload, maxLength: decl.payload + 20 });
    fc.assert(
      fc.property(body, fc.nat(0xffffffff), (payload, seqNum) => {
        const bytes = encodeSap({ name: 'UNKNOWN', id: decl.id, payload }, seqNum);
        const message = decodeSap(bytes) as SapMessage;
        expect(message.name).toBe(name);
        expect(encodeSap(message, message.seqNum)).toEqual(bytes);
      }),
      RUNS,
    );
  });

  it('reads and writes in the middle of other bytes, and leaves those alone', () => {
    fc.assert(
      fc.property(messageOf(decl), fc.nat(7), (message, at) => {
        const bytes = encodeSap(message, message.seqNum);
        const around = new Uint8Array(at + bytes.length + 5).fill(0xa5);
        expect(encodeSapInto(message, message.seqNum, around, at)).toBe(bytes.length);
        expect(decodeSap(around, at, at + bytes.length)).toEqual(message);
        expect(around.subarray(0, at).every((byte) => byte === 0xa5)).toBe(true);
        expect(around.subarray(at + bytes.length).every((byte) => byte === 0xa5)).toBe(true);
      }),
      { ...RUNS, numRuns: 20 },
    );
  });

  it('every shorter length is an error that names the first field that does not fit', () => {
    const places = [...leaves(decl.fields, SAP_HEADER_LEN)];
    for (let available = SAP_HEADER_LEN; available < size; available++) {
      const bytes = encodeSap({ name: 'UNKNOWN', id: decl.id, payload: new Uint8Array(available - 8) }, 1);
      const error = decodeSap(bytes, 0, available, decl.from[0]);
      const place = places.find((p) => p.offset + p.field.size > available)!;
      if (!(error instanceof SapError)) throw new Error(`${available} bytes decode`);
      if (error.field !== place.path || error.offset !== place.offset) {
        throw new Error(`${available} bytes: names ${error.field} and not ${place.path}`);
      }
      if (available !== SAP_HEADER_LEN) continue;
      expect(error).toMatchObject({
        code: 'SAP_ERR_TRUNCATED',
        fault: decl.from[0],
        messageName: name,
        needed: size,
        available,
      });
    }
  });

  it('bytes behind the layout become the tail; without any, all messages share one', () => {
    const last = Object.values(decl.fields).at(-1);
    if (last?.layout.kind === 'rest') return;
    const payload = new Uint8Array(decl.payload + 3).fill(7);
    const long = decodeSap(encodeSap({ name: 'UNKNOWN', id: decl.id, payload }, 1)) as { tail: Uint8Array };
    expect(long.tail).toEqual(new Uint8Array(3).fill(7));
    const exact = { name: 'UNKNOWN', id: decl.id, payload: payload.subarray(3) } as const;
    expect((decodeSap(encodeSap(exact, 1)) as { tail: Uint8Array }).tail).toBe(EMPTY);
  });

  it('a field that does not fit is thrown with its name', () => {
    const sample = fc.sample(messageOf(decl), { seed: 1, numRuns: 1 })[0]!;
    for (const { path, field } of leaves(decl.fields, 0)) {
      if (/\[(?!0\])/.test(path)) continue;
      for (const wrong of wrongValues(field.layout)) {
        const draft = structuredClone(sample);
        setPath(draft, path, wrong);
        expect(
          thrownBy(() => encodeSap(draft as SapDraft, 1)),
          `${path} = ${String(wrong)}`,
        ).toMatchObject({
          code: 'SAP_ERR_DRAFT',
          fault: 'local',
          messageName: name,
          field: path,
        });
      }
    }
  });

  it('what a draft leaves out is zero, also in a buffer that is not', () => {
    const sample = fc.sample(messageOf(decl), { seed: 2, numRuns: 1 })[0]! as unknown as Record<
      string,
      unknown
    >;
    const draft = Object.fromEntries(
      Object.entries(sample).filter(([key]) => key === 'name' || (decl.fields as Fields)[key]?.required),
    ) as unknown as SapDraft;
    const out = new Uint8Array(sapSize(draft)).fill(0xff);
    encodeSapInto(draft, 3, out, 0);
    expect(out).toEqual(encodeSap(draft, 3));
    const decoded = decodeSap(out) as unknown as Record<string, unknown>;
    for (const [key, field] of Object.entries(decl.fields)) {
      if (field.required) continue;
      const value = decoded[key];
      expect(value instanceof Uint8Array ? value.every((byte) => byte === 0) : value === 0).toBe(true);
    }
  });
});

function wrongValues(layout: {
  kind: string;
  length?: number;
  minLength?: number;
  bytes?: number;
}): unknown[] {
  switch (layout.kind) {
    case 'uint':
      return [-1, 2 ** (8 * layout.bytes!), 0.5, Number.NaN, '1'];
    case 'mac':
      return [-1, 2 ** 48, 0.5, Number.NaN];
    case 'bytes':
      return [new Uint8Array(layout.length! + 1), new Uint8Array(layout.length! - 1)];
    case 'rest':
      return layout.minLength! > 0 ? [new Uint8Array(layout.minLength! - 1)] : [];
    default:
      return [];
  }
}

function setPath(target: unknown, path: string, value: unknown): void {
  const keys = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  let owner = target as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) owner = owner[key] as Record<string, unknown>;
  owner[keys.at(-1)!] = value;
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('misuse is thrown', () => {
  const nvm = fc.sample(messageOf(declOf('NVM')), { seed: 3, numRuns: 1 })[0]! as Extract<
    SapMessage,
    { name: 'NVM' }
  >;

  it.each<[string, () => unknown, object]>([
    ['array of another length', () => encodeSap({ ...nvm, channels: [1] }, 1), { field: 'channels' }],
    ['missing field', () => encodeSap({ name: 'NIC_OWNER' } as SapDraft, 1), { field: 'owner' }],
    [
      'missing structure',
      () => encodeSap({ name: 'CSME_CONN_STATUS', linkProtState: 0, scanRequest: 0 } as SapDraft, 1),
      { field: 'connectionInfo' },
    ],
    ['sequence number', () => encodeSap({ name: 'PING' }, -1), { field: 'seqNum' }],
    ['name', () => encodeSap({ name: 'NOPE' } as unknown as SapDraft, 1), { field: 'name' }],
    [
      'tail behind a rest',
      () => encodeSap({ name: 'DATA_PACKET', frame: new Uint8Array(14), tail: new Uint8Array(1) }, 1),
      { field: 'tail' },
    ],
    [
      'payload beyond 64 KiB',
      () => encodeSap({ name: 'PING', tail: new Uint8Array(65536) }, 1),
      { field: 'length' },
    ],
    [
      'unknown payload beyond 64 KiB',
      () => encodeSap({ name: 'UNKNOWN', id: 9, payload: new Uint8Array(65536) }, 1),
      { field: 'payload' },
    ],
    ['unknown id', () => encodeSap({ name: 'UNKNOWN', id: 65536, payload: EMPTY }, 1), { field: 'id' }],
    [
      'no room',
      () => encodeSapInto({ name: 'PING' }, 1, new Uint8Array(8), 1),
      { code: 'SAP_ERR_NO_ROOM', needed: 8, available: 7 },
    ],
    [
      'before the start',
      () => encodeSapInto({ name: 'PING' }, 1, new Uint8Array(8), -1),
      { code: 'SAP_ERR_NO_ROOM' },
    ],
    ['range outside of the bytes', () => decodeSap(new Uint8Array(8), 0, 9), { code: 'SAP_ERR_NO_ROOM' }],
  ])('%s', (_, act, expected) => {
    const error = thrownBy(act);
    expect(error).toBeInstanceOf(SapError);
    expect(error).toMatchObject({ fault: 'local', ...expected });
  });
});

describe('bytes that are no message', () => {
  it('fewer than a header', () => {
    for (let n = 0; n < SAP_HEADER_LEN; n++) {
      expect(decodeSap(new Uint8Array(n))).toMatchObject({
        code: 'SAP_ERR_HEADER',
        fault: 'peer',
        available: n,
      });
    }
  });

  it('a length that is not that of the bytes', () => {
    const bytes = encodeSap({ name: 'NIC_OWNER', owner: 1 }, 1);
    expect(decodeSap(bytes, 0, 11)).toMatchObject({ code: 'SAP_ERR_LENGTH', needed: 12, available: 11 });
    expect(decodeSap(new Uint8Array([...bytes, 0]))).toMatchObject({ code: 'SAP_ERR_LENGTH', available: 13 });
  });

  it('never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        decodeSap(bytes);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

it('ids that are not in the register are kept whole', () => {
  fc.assert(
    fc.property(unknownMessage(), (message) => {
      expect(decodeSap(encodeSap(message, message.seqNum))).toEqual(message);
    }),
    RUNS,
  );
});

it('byte fields are views of the input', () => {
  const bytes = encodeSap({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 1);
  const message = decodeSap(bytes) as Extract<SapMessage, { name: 'DATA_PACKET' }>;
  expect(message.frame.buffer).toBe(bytes.buffer);
});

it('declarations are found by id and by name', () => {
  expect(declOf(511)).toBe(declOf('NIC_OWNER'));
  expect(declOf(501)).toBeUndefined();
  expect(declOf('UNKNOWN')).toBeUndefined();
});

it('any message survives being encoded twice in a row', () => {
  fc.assert(
    fc.property(anyMessage(), (message) => {
      const bytes = encodeSap(message, message.seqNum);
      const again = decodeSap(bytes) as SapMessage;
      expect(encodeSap(again, again.seqNum)).toEqual(bytes);
    }),
    { seed: 11, numRuns: 300 },
  );
});

describe('recordings', () => {
  it('every message of the host, and every good one of CSME, gives its bytes again', () => {
    let decoded = 0;
    for (const { bytes, dir, place } of recordedMessages()) {
      const message = decodeSap(bytes, 0, bytes.length, dir === 'h2m' ? 'host' : 'csme');
      if (message instanceof SapError) {
        expect(dir, place).toBe('m2h');
        expect(message.fault).toBe('csme');
        continue;
      }
      decoded++;
      expect(encodeSap(message, message.seqNum), place).toEqual(bytes);
    }
    expect(decoded).toBeGreaterThan(1500);
  });
});
