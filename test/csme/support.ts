/** Firmware in a wanted state, and what it does, written short. */
import {
  accessPoint,
  EXAMPLE_AP,
  type FirmwareAction,
  type FirmwareInput,
  type FirmwareState,
  firmwareStep,
  initialState,
  type Profile,
  profile,
  SESSION,
} from '../../csme/index.ts';
import type { SapDraft, SapMessage, SapName } from '../../sap/messages/index.ts';

export const OTHER_AP = accessPoint({ ssid: 'other', bssid: 0x02_00_5e_00_53_77, channel: 1 });

/** A message of the host, with fields that mean something. */
export function hostMessage(name: SapName, fields: Record<string, unknown> = {}): SapMessage {
  return { name, id: 0, seqNum: 1, tail: new Uint8Array(0), ...EXAMPLES[name], ...fields } as never;
}

const linkUp = (connectionInfo: unknown) => ({
  connectionInfo,
  collocChannel: 0,
  collocBand: 0,
  collocBssid: 0,
});
const EXAMPLES: Partial<Record<SapName, Record<string, unknown>>> = {
  RADIO_STATE: { state: 3 },
  NIC_INFO: { macAddress: 1, nvmAddress: 2 },
  COUNTRY_CODE: { mcc: 0x4445, sourceId: 0, diffTime: 0 },
  SAR_LIMITS: {
    sarChainInfoTable: [
      [1, 2, 3, 4, 5],
      [6, 7, 8, 9, 10],
    ],
  },
  HOST_LINK_UP: linkUp(EXAMPLE_AP),
  HOST_LINK_DOWN: { type: 2, reasonValid: 0, reason: 0 },
  HOST_SUSPENDS: { flags: 0 },
  HOST_RESUMES: { initControlBlock: 0 },
  PLDR: { version: 0 },
  PLDR_END: { version: 0, status: 0 },
  UNKNOWN: { id: 515, payload: new Uint8Array(0) },
  DATA_PACKET: { frame: new Uint8Array(60) },
  CB_DATA_PACKET: { frame: new Uint8Array(60), toMeFiltStatus: 0x40000000, dataLen: 60 },
};
export const linkUpTo = (ap: unknown) => hostMessage('HOST_LINK_UP', linkUp(ap));

/** A firmware and its clock; each call lets one thing happen and gives what CSME did. */
export class Firmware {
  readonly state: FirmwareState;
  nowMs = 1000;

  constructor(from: Profile | FirmwareState = profile()) {
    this.state = 'link' in from ? from : initialState(from);
  }

  step(input: FirmwareInput): FirmwareAction[] {
    return firmwareStep(this.state, input, this.nowMs);
  }

  hears(name: SapName, fields?: Record<string, unknown>): string[] {
    return brief(this.step({ type: 'message', message: hostMessage(name, fields) }));
  }

  command(name: string, args: Record<string, unknown> = {}): string[] {
    return brief(this.step({ type: 'command', name, ...args } as FirmwareInput));
  }

  timer(timer: 'hold' | 'window' | 'taking' | 'ping'): string[] {
    return brief(this.step({ type: 'timer', timer }));
  }

  /** Maps an area, starts SAP and, unless told not to, lets the host ask who owns the card. */
  up(introduced = true): this {
    this.step({ type: 'area', version: 4 });
    this.step({ type: 'start', versions: [4] });
    if (introduced) this.step({ type: 'message', message: hostMessage('WHO_OWNS_NIC') });
    return this;
  }
}

/** In the state that the name says, with SAP up. */
export function firmwareIn(nic: string): Firmware {
  const f = new Firmware(profile(nic === 'window' ? SESSION : {})).up();
  switch (nic) {
    case 'idle':
      f.command('disableAmt');
      break;
    case 'host':
      f.hears('HOST_ASKS_FOR_NIC_OWNERSHIP');
      f.hears('HOST_OWNERSHIP_CONFIRMED');
      break;
    case 'window':
      f.hears('HOST_ASKS_FOR_NIC_OWNERSHIP');
      f.hears('HOST_OWNERSHIP_CONFIRMED');
      break;
    case 'taking':
    case 'held':
      f.hears('HOST_ASKS_FOR_NIC_OWNERSHIP');
      f.hears('HOST_OWNERSHIP_CONFIRMED');
      f.command('takeOwnership');
      if (nic === 'held') f.hears('CSME_OWNERSHIP_CONFIRMED');
      break;
  }
  return f;
}

/** Actions as text: `NIC_OWNER 2`, `(owner host granted)`, `!HOST_RESUMES` for a violation. */
export function brief(actions: readonly FirmwareAction[]): string[] {
  return actions.map((a) => {
    switch (a.type) {
      case 'send':
        return [a.message.name, ...numbers(a.message)].join(' ');
      case 'tell':
        return `(${[a.name, ...Object.values(a.args)].join(' ')})`;
      case 'violation':
        return `!${a.message}`;
      case 'startOk':
        return `START_OK ${a.version}`;
      case 'frame':
        return `frame ${a.bytes.length}${a.copy ? ' copy' : ''}`;
      default:
        return a.type;
    }
  });
}

function numbers(message: SapDraft): unknown[] {
  return Object.values(message).filter((v) => typeof v === 'number');
}
