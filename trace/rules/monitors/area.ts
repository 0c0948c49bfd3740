/** What CSME sees of the shared area: its layout before START, the host's pointers and words later. */
import {
  AREA_LAYOUTS,
  CONTROL_BLOCK_LEN,
  CONTROL_BLOCK_SIZE_AT,
  ID_AT,
  ME_MSG,
  type RingLayout,
  ringsOf,
  SAP_AREA_ID,
  type SapVersion,
  u32At,
} from '../../../sap/index.ts';
import type { AreaEvent, WireEvent } from '../../event.ts';
import type { Case } from '../case.ts';
import { AT_ONCE_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';
import { u32OrZero } from './start.ts';

/** The words that belong to no ring, in each direction. */
const RESERVED_AT = [8, 36];

export class AreaMonitor implements Monitor {
  readonly #case: Case;
  #isFirst = true;
  /** When CSME rang last, and when it wrote last. */
  #rangMs = Number.POSITIVE_INFINITY;
  #writtenMs = Number.NEGATIVE_INFINITY;

  constructor(c: Case) {
    this.#case = c;
  }

  area(event: AreaEvent): void {
    if (this.#isFirst) this.#judgeLayout(event);
    else {
      this.#judgePointers(event);
      this.#judgeReading(event);
    }
    this.#isFirst = false;
  }

  csmeMe(event: WireEvent): void {
    if (u32OrZero(event.bytes) === ME_MSG.CHECK_SHARED_AREA) this.#rangMs = this.#case.nowMs;
  }

  wrote(): void {
    this.#writtenMs = this.#case.nowMs;
  }

  linkEnded(): void {
    this.#isFirst = true;
    this.#rangMs = Number.POSITIVE_INFINITY;
  }

  #judgeLayout(event: AreaEvent): void {
    this.#case.ledger.asked('start.area');
    const version = this.#case.link.version ?? versionOf(event.size);
    const wrong = layoutFault(event, version);
    if (wrong) this.#case.find('start.area', event, wrong.expected, wrong.seen);
  }

  /** Some time after CSME rang, the host has read all that CSME wrote. */
  #judgeReading(event: AreaEvent): void {
    const { link, ledger, nowMs } = this.#case;
    if (event.control.length < CONTROL_BLOCK_LEN || link.phase !== 'connected') return;
    if (nowMs - this.#rangMs < AT_ONCE_MS || this.#writtenMs > this.#rangMs) return;
    const { m2h } = AREA_LAYOUTS[link.version ?? versionOf(event.size) ?? 4].rings;
    ledger.asked('ring.read-whole');
    for (const ring of [m2h.notif, m2h.data]) {
      const wr = u32At(event.control, ring.wrAt);
      const rd = u32At(event.control, ring.rdAt);
      // What CSME put out of the ring by itself is no fault of the host.
      if (wr > ring.size || rd > ring.size || wr % ring.size === rd % ring.size) continue;
      return this.#case.find('ring.read-whole', event, `the read pointer of ${ring.name} at ${wr}`, `${rd}`);
    }
  }

  #judgePointers({ control, ...rest }: AreaEvent): void {
    if (control.length < CONTROL_BLOCK_LEN) return;
    const event = { control, ...rest };
    this.#case.ledger.asked('ring.pointer');
    const { rings } = AREA_LAYOUTS[this.#case.link.version ?? versionOf(event.size) ?? 4];
    for (const ring of [rings.h2m.notif, rings.h2m.data]) {
      const wr = u32At(control, ring.wrAt);
      if (wr >= ring.size) {
        const expected = `the write pointer of ${ring.name} below ${ring.size}`;
        return this.#case.find('ring.pointer', event, expected, `${wr}`);
      }
    }
  }
}

function versionOf(size: number): SapVersion | undefined {
  return size === AREA_LAYOUTS[4].size ? 4 : size === AREA_LAYOUTS[3].size ? 3 : undefined;
}

interface Fault {
  readonly expected: string;
  readonly seen: string;
}

function layoutFault(event: AreaEvent, version: SapVersion | undefined): Fault | undefined {
  const { control, trailer, size } = event;
  if (version === undefined) {
    return { expected: `${AREA_LAYOUTS[4].size} or ${AREA_LAYOUTS[3].size} bytes`, seen: `${size} bytes` };
  }
  const layout = AREA_LAYOUTS[version];
  if (size < layout.size)
    return { expected: `${layout.size} bytes for version ${version}`, seen: `${size} bytes` };
  if (control.length < CONTROL_BLOCK_LEN || trailer.length < 4) return undefined;
  const word = (name: string, seen: number, expected: number): Fault | undefined =>
    seen === expected ? undefined : { expected: `${name} ${hex(expected)}`, seen: hex(seen) };
  return (
    word('"SAP!" at the start', u32At(control, ID_AT), SAP_AREA_ID) ??
    word('the size of the control block', u32At(control, CONTROL_BLOCK_SIZE_AT), CONTROL_BLOCK_LEN) ??
    ringsOf(layout)
      .map((ring) => ringFault(ring, control, word))
      .find((fault) => fault !== undefined) ??
    RESERVED_AT.map((at) => word(`the reserved word at ${at}`, u32At(control, at), 0)).find(
      (fault) => fault !== undefined,
    ) ??
    word('"SAP!" behind the last ring', u32At(trailer, 0), SAP_AREA_ID)
  );
}

function ringFault(
  ring: RingLayout,
  control: Uint8Array,
  word: (name: string, seen: number, expected: number) => Fault | undefined,
): Fault | undefined {
  return (
    word(`the size of ${ring.name}`, u32At(control, ring.sizeAt), ring.size) ??
    word(`the write pointer of ${ring.name}`, u32At(control, ring.wrAt), 0) ??
    word(`the read pointer of ${ring.name}`, u32At(control, ring.rdAt), 0)
  );
}

function hex(value: number): string {
  return value > 0xffff ? `0x${value.toString(16)}` : `${value}`;
}
