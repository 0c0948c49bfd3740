/** Mapping, START and what may be said before its answer. */
import {
  AREA_LAYOUTS,
  decodeMe,
  ME_MSG,
  ME_START_LEN,
  ME_START_OK_LEN,
  SapError,
  type SapVersion,
  u32At,
} from '../../../sap/index.ts';
import type { BusEvent, NoteEvent, WireEvent } from '../../event.ts';
import type { Case, Read } from '../case.ts';
import { BELL_GAP_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

const ROUNDS = 3;
const SIZE_OF = { 3: AREA_LAYOUTS[3].size, 4: AREA_LAYOUTS[4].size } as const;

export class StartMonitor implements Monitor {
  readonly #case: Case;
  #round = 1;
  /** The size that was refused last in this round. */
  #refused: number | undefined;
  #refusedMs = 0;
  /** The trace says that START was sent by other means. */
  #restart = false;
  #spokeEarly = false;

  constructor(c: Case) {
    this.#case = c;
  }

  bus(event: BusEvent): void {
    if (event.dir === 'ctl' && event.name === 'probe') this.#begin();
    if (event.dir === 'drv' && event.name === 'dma_map') this.#mapped(event);
  }

  note(event: NoteEvent): void {
    if (event.text.startsWith('debugfs send_start_message')) this.#restart = true;
  }

  me(event: WireEvent): void {
    const { link, sees, ledger } = this.#case;
    if (u32OrZero(event.bytes) === ME_MSG.START) return this.#start(event);
    if (link.phase === 'gone' && sees.bus) {
      this.#case.find('removal.silence', event, 'nothing, until the next area and START');
    } else if (link.phase === 'mapped') {
      this.#case.find('start.first-message', event, 'START as the first message');
    } else if (u32OrZero(event.bytes) !== ME_MSG.CHECK_SHARED_AREA) {
      this.#case.find('sap.type', event, 'START or CHECK_SHARED_AREA');
    } else {
      ledger.asked('removal.silence');
    }
  }

  csmeMe(event: WireEvent): void {
    const { link, ledger } = this.#case;
    if (u32OrZero(event.bytes) !== ME_MSG.START_OK || link.phase !== 'started') return;
    if (!isGoodStartOk(event, link.version)) ledger.asked('start.start-ok-checked');
  }

  read({ event }: Read): void {
    const { link, ledger } = this.#case;
    ledger.asked('start.no-sap-before-start-ok');
    if (link.phase !== 'started' && link.phase !== 'mapped') return;
    if (this.#spokeEarly) return;
    this.#spokeEarly = true;
    if (link.badStartOk) {
      this.#case.find(
        'start.start-ok-checked',
        event,
        'nothing before a START_OK of 20 bytes with the version that START names',
      );
    } else {
      this.#case.find('start.no-sap-before-start-ok', event, 'nothing before START_OK');
    }
  }

  linkEnded(): void {
    this.#spokeEarly = false;
    this.#restart = false;
  }

  #begin(): void {
    this.#round = 1;
    this.#refused = undefined;
  }

  #mapped(event: BusEvent): void {
    const { sees, ledger, nowMs } = this.#case;
    const { size, ret } = event.args;
    const roundOver = this.#refused === SIZE_OF[3];
    const expected = this.#refused === undefined || roundOver ? SIZE_OF[4] : SIZE_OF[3];
    if (sees.driver) ledger.asked('map.order');
    if (roundOver) this.#round++;
    const early = roundOver && nowMs - this.#refusedMs < BELL_GAP_MS;
    if (size !== expected && (sees.driver || (size !== SIZE_OF[3] && size !== SIZE_OF[4]))) {
      this.#case.find('map.order', event, `a map of ${expected} bytes`, `one of ${String(size)}`);
    } else if (this.#round > ROUNDS || early) {
      const what = early ? '100 ms between two rounds' : `at most ${ROUNDS} rounds of maps`;
      this.#case.find('map.order', event, what, `round ${this.#round}${early ? ' already' : ''}`);
    }
    const refused = typeof ret === 'number' && ret < 0;
    this.#refused = refused && typeof size === 'number' ? size : undefined;
    this.#refusedMs = nowMs;
    if (!refused) this.#round = 1;
  }

  #start(event: WireEvent): void {
    const { link, sees, ledger } = this.#case;
    const isFirst =
      link.phase === 'mapped' || (link.phase !== 'started' && link.phase !== 'connected' && !sees.bus);
    const isAgain = this.#restart || !sees.bus;
    this.#restart = false;
    ledger.asked('start.first-message');
    if (!isFirst && !isAgain) {
      const why =
        link.phase === 'gone' || link.phase === 'none' ? 'no area is mapped' : 'the area has had its START';
      this.#case.find('start.first-message', event, 'one START for each area', `START although ${why}`);
    }
    this.#judgeStart(event);
  }

  #judgeStart(event: WireEvent): void {
    const { link, ledger } = this.#case;
    ledger.asked('start.contents');
    const message = decodeMe(event.bytes, 'host');
    if (message instanceof SapError || message.name !== 'START' || event.bytes.length !== ME_START_LEN) {
      this.#case.find(
        'start.contents',
        event,
        `START of ${ME_START_LEN} bytes`,
        `${event.bytes.length} bytes`,
      );
      return;
    }
    if (message.len !== ME_START_LEN || message.sharedMem !== 0n) {
      const seen = `len ${message.len}, shared_mem ${message.sharedMem}`;
      this.#case.find('start.contents', event, `len ${ME_START_LEN}, shared_mem 0`, seen);
    }
    ledger.asked('start.versions');
    const versions = message.supportedVersions;
    const wanted = link.version === undefined ? 'version 3 or 4' : `version ${link.version}`;
    const [version] = versions;
    const right = link.version === undefined ? version === 3 || version === 4 : version === link.version;
    if (versions.length !== 1 || !right || message.behindVersions.length > 0) {
      const more = message.behindVersions.length > 0 ? ' and more behind the zero' : '';
      this.#case.find(
        'start.versions',
        event,
        `${wanted} alone`,
        `versions ${versions.join(', ') || 'none'}${more}`,
      );
    }
  }
}

export function isGoodStartOk({ bytes }: WireEvent, version: SapVersion | undefined): boolean {
  return bytes.length === ME_START_OK_LEN && (version === undefined || bytes[16] === version);
}

export function u32OrZero(bytes: Uint8Array): number {
  return bytes.length < 4 ? 0 : u32At(bytes, 0);
}
