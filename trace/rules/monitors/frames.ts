/** Frames: from the air to CSME and to the host's stack, from CSME to the air, and what the DHCP client sends. */

import type { Commands } from '../../../ownership/index.ts';
import {
  declOf,
  filterFrame,
  hexOf,
  isDhcpClientFrame,
  SAP_HEADER_LEN,
  untag,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../../../sap/index.ts';
import type { CommandEvent, FrameEvent } from '../../event.ts';
import { describeFrame } from '../../frame-text.ts';
import type { Carried, Case, Located, Read } from '../case.ts';
import type { RuleId } from '../catalogue.ts';
import type { Words } from '../duties.ts';
import type { Found } from '../inbox.ts';
import type { Monitor } from './monitor.ts';
import { argsOf } from './settings.ts';

const DATA = declOf('DATA_PACKET').id;
const COPY = declOf('CB_DATA_PACKET').id;
const COPY_HEADER = SAP_HEADER_LEN + declOf('CB_DATA_PACKET').payload;
const DHCP = 0x4000_0000;
/** How the reference reads multicast filters. */
const BY_HEADER = { multicastHeaderCompare: true };
/** Larger frames get lost in devices: MTU 9000. */
const DEVICE_FRAME_MAX = 9014;
/** Frames that are remembered because they must not come. */
const KEPT = 64;
/** A frame that CSME did not get reaches the stack at once; that CSME does not get it may show late. */
const LOST_MS = 10_000;

export class FrameMonitor implements Monitor {
  readonly #case: Case;
  /** Frames that CSME did not ask for, and frames that it has got. */
  readonly #unwanted: Uint8Array[] = [];
  readonly #delivered: Uint8Array[] = [];
  /** Frames that the stack does not get. */
  readonly #consumed: Uint8Array[] = [];

  /** The trace begins inside of the link: which frames CSME wants is not known. */
  #isBlind = false;

  constructor(c: Case) {
    this.#case = c;
  }

  frame(event: FrameEvent): void {
    if (event.dir === 'peer0>wlan0') return this.#received(event);
    const carried = { frame: event.bytes, event };
    if (event.dir === 'wlan0>peer0') return this.#sent(carried);
    this.#case.sees.stack = true;
    this.#reachedStack(carried);
  }

  found({ message, event }: Found): void {
    if (message?.name !== 'DATA_PACKET') return;
    const { air, nowMs, link, settings, sees } = this.#case;
    const frame = message.frame;
    if (sees.driver && settings.netdev !== true) return;
    const must =
      sees.frames && settings.netdev === true && link.amt === true && frame.length <= DEVICE_FRAME_MAX;
    const { behind } = this.#case;
    air.add({
      kind: 'frame',
      need: this.#case.need(must),
      rule: behind ? 'hostile.skipped' : 'tx.forward',
      wrong: 'tx.forward',
      expected: () => `the frame on the air: ${describeFrame(frame)}`,
      differs: (carried: Carried) => differsFrom(frame, carried),
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      group: 'air',
      orderRule: 'tx.forward',
    });
  }

  command(event: CommandEvent): void {
    if (event.name === 'set_netdev') this.#case.settings.netdev = event.args.dev !== 'none';
    if (event.name !== 'tx_copy') return;
    const args = argsOf(event) as Commands['tx_copy']['args'] | undefined;
    const { link, ledger, nowMs } = this.#case;
    const linked = link.phase === 'connected' && !link.leaving;
    if (!args || !linked) return;
    const { frame } = args;
    ledger.asked('tx.dhcp-copy');
    if (!isDhcpClientFrame(frame, 0, frame.length)) return;
    this.#case.write('data', {
      kind: COPY,
      need: this.#case.need(link.amt),
      rule: 'tx.dhcp-copy',
      expected: () => `CB_DATA_PACKET with bit 30 and ${frame.length} bytes: ${describeFrame(frame)}`,
      differs: (carried) => copyDiffers(frame, carried),
      cause: [event],
      atMs: nowMs,
      // Nothing signals it in the reference: it lies there until something else is signalled.
      untilMs: Number.POSITIVE_INFINITY,
      silent: true,
      size: COPY_HEADER + frame.length,
    });
  }

  /** A message of the data ring; what it was asked for, if it was. */
  carried({ message, event }: Read): ReturnType<Case['data']['arrive']> {
    const { data, nowMs, ledger, sees } = this.#case;
    if (message.name !== 'DATA_PACKET' && message.name !== 'CB_DATA_PACKET') return undefined;
    const frame = message.frame;
    const isCopy = message.name === 'CB_DATA_PACKET';
    ledger.asked(isCopy ? 'tx.dhcp-copy' : 'rx.bytes');
    const known = isCopy ? undefined : this.#judgeUnwanted(frame, event);
    if (known) return undefined;
    const arrival = data.arrive(isCopy ? COPY : DATA, { frame, event }, event, nowMs);
    if (!isCopy && arrival && 'done' in arrival) {
      keep(this.#delivered, frame);
      // It was taken to be lost.
      if (arrival.done.size === 0) this.#gotAll(frame, event);
    }
    if (arrival) return arrival;
    if (isCopy && sees.driver) {
      this.#case.find('tx.dhcp-copy', event, 'copies of what the DHCP client sends, and of nothing else');
    } else if (!isCopy && sees.frames && this.#knowsFilter()) {
      this.#case.find('rx.not-to-csme', event, 'nothing but received frames that CSME asked for');
    }
    return undefined;
  }

  joined(): void {
    this.#isBlind = true;
  }

  linkEnded(): void {
    this.#isBlind = false;
    this.#unwanted.length = 0;
    this.#delivered.length = 0;
  }

  /** Whether the trace has all that decides which frames CSME gets. */
  #knowsFilter(): boolean {
    const { sees, settings, link } = this.#case;
    if (link.phase === 'none' && !sees.bus) return false;
    return !this.#isBlind && (sees.driver || settings.netdev !== undefined);
  }

  #gotAll(frame: Uint8Array, event: Located): void {
    const { stack } = this.#case;
    const lost = stack.open.find(
      (duty) => duty.rule === 'rx.lost' && duty.differs?.({ frame, event }) === undefined,
    );
    stack.drop((duty) => duty === lost);
  }

  #received(event: FrameEvent): void {
    this.#case.sees.frames = true;
    const { link, settings, nowMs, ledger } = this.#case;
    const frame = event.bytes;
    const bare = untag(frame);
    const attached =
      link.phase === 'connected' && link.amt === true && settings.netdev === true && !link.leaving;
    const sure = this.#knowsFilter() && (link.phase !== 'connected' || link.amt !== undefined);
    const filters = attached ? link.filters : undefined;
    const verdict = filterFrame(filters, frame, 0, frame.length);
    const byHeader = frame[0]! & 1 ? filterFrame(filters, frame, 0, frame.length, BY_HEADER) : verdict;
    let fits: boolean | undefined = true;
    if (verdict & VERDICT_CSME) {
      const rule: RuleId = byHeader === verdict ? 'rx.to-csme' : 'rx.multicast';
      ledger.asked('rx.to-csme');
      if (frame[0]! & 1) ledger.asked('rx.multicast');
      fits = this.#case.write('data', {
        kind: DATA,
        need: this.#case.need(sure),
        rule,
        wrong: 'rx.bytes',
        expected: () => `DATA_PACKET of ${bare.length} bytes: ${describeFrame(bare)}`,
        differs: (carried) => differsFrom(bare, carried),
        cause: [event],
        atMs: nowMs,
        group: 'rx',
        orderRule: 'rx.order',
        size: SAP_HEADER_LEN + bare.length,
      });
    } else if (sure) {
      ledger.asked('rx.not-to-csme');
      keep(this.#unwanted, bare.slice());
    }
    // A host that compares headers is told so once, with the frame that CSME does not get.
    if (byHeader !== verdict || fits === undefined) return forget(this.#consumed, bare);
    this.#expectInStack(event, bare, (verdict & VERDICT_CONSUMED) === 0, fits, sure);
  }

  /** `fits`: the data ring took it, if CSME wants it. */
  #expectInStack(event: FrameEvent, bare: Uint8Array, kept: boolean, fits: boolean, sure: boolean): void {
    const { stack, sees, nowMs, settings } = this.#case;
    if (!kept && fits) {
      keep(this.#consumed, bare.slice());
      return;
    }
    forget(this.#consumed, bare);
    stack.add({
      kind: 'frame',
      need: sees.stack && sure && settings.netdev === true ? 'must' : 'may',
      rule: kept ? 'rx.host-keeps' : 'rx.lost',
      expected: () => `the frame in the host's stack: ${describeFrame(bare)}`,
      differs: (carried) => differsFrom(bare, carried),
      cause: [event],
      atMs: nowMs,
      ...(kept ? {} : { soon: true, untilMs: nowMs + LOST_MS }),
    });
  }

  #reachedStack({ frame, event }: Carried): void {
    const { stack, nowMs, ledger } = this.#case;
    const bare = untag(frame);
    ledger.asked('rx.host-keeps');
    const open = stack.open.some((duty) => duty.differs?.({ frame: bare, event }) === undefined);
    if (open) {
      stack.arrive('frame', { frame: bare, event }, event, nowMs);
    } else if (this.#consumed.some((other) => same(other, bare))) {
      this.#case.find(
        'rx.host-keeps',
        event,
        'nothing: CSME asked for this frame alone',
        `the stack got ${describeFrame(bare)}`,
      );
    }
  }

  /** Whether it is a frame that must not come, which is told. */
  #judgeUnwanted(frame: Uint8Array, event: Located): boolean {
    const { data } = this.#case;
    const isOpen = data.open.some(
      ({ kind, differs }) => kind === DATA && differs?.({ frame, event }) === undefined,
    );
    if (isOpen) return false;
    if (this.#unwanted.some((other) => same(other, frame))) {
      this.#case.find('rx.not-to-csme', event, 'nothing: no filter of CSME matches this frame');
      return true;
    }
    if (this.#delivered.some((other) => same(other, frame))) {
      this.#case.find('rx.order', event, 'each frame once', 'a frame that CSME has got already');
      return true;
    }
    return false;
  }

  #sent(carried: Carried): void {
    const { air, nowMs, sees, ledger } = this.#case;
    const visible = sees.frames;
    sees.frames = true;
    ledger.asked('tx.forward');
    const arrival = air.arrive('frame', carried, carried.event, nowMs);
    if (!arrival && visible) {
      const { hostile } = this.#case;
      const rule = hostile && nowMs - hostile.event.t * 1000 < 1000 ? 'hostile.skipped' : 'tx.forward';
      this.#case.find(
        rule,
        carried.event,
        'nothing that CSME did not send',
        undefined,
        hostile ? [hostile.event] : [],
      );
    }
  }
}

function keep(list: Uint8Array[], frame: Uint8Array): void {
  if (list.length >= KEPT) list.shift();
  list.push(frame);
}

function forget(list: Uint8Array[], frame: Uint8Array): void {
  for (let i = list.length - 1; i >= 0; i--) if (same(list[i]!, frame)) list.splice(i, 1);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function differsFrom(frame: Uint8Array, carried: Carried): Words | undefined {
  if (same(frame, carried.frame)) return undefined;
  return () => `${frame.length} bytes ${hexOf(frame.subarray(0, 64))}${frame.length > 64 ? '…' : ''}`;
}

function copyDiffers(frame: Uint8Array, { frame: seen, event }: Carried): string | undefined {
  if (!('bytes' in event) || event.bytes.length < COPY_HEADER) return 'a whole CB_DATA_PACKET';
  const view = new DataView(event.bytes.buffer, event.bytes.byteOffset);
  if (view.getUint32(36, true) !== DHCP) return 'to_me_filt_status 0x40000000';
  if (view.getUint32(44, true) !== frame.length) return `data_len ${frame.length}`;
  return same(frame, seen) ? undefined : `the frame ${hexOf(frame)}`;
}
