/**
 * MKHI, the kernel host interface of the firmware: versions and features. Once with connections, once at a fixed
 * address. With which result firmware refuses what, no public document says: the choices are here.
 */
import {
  AmtError,
  decodeMkhiRequest,
  encodeMkhiResponse,
  MKHI_RESULT,
  type MkhiAnswered,
  type MkhiAsked,
  MkhiBootState,
  type MkhiCommandName,
  MkhiFeatures,
  type MkhiResponse,
  MkhiRule,
  mkhiCode,
} from '../../../amt/protocol/index.ts';
import type { Amt, AmtState } from '../../amt/index.ts';
import type { MeClient, MeClientProperties } from '../client.ts';
import { answering } from './answering.ts';

export const MKHI_GUID = '8e6a6715-9abc-4043-88ef-9e39c6f63e0f';
export const MKHI_FIXED_GUID = '55213584-9a29-4916-badf-0fb7ed682aeb';

/** The one that programs connect to. */
export function mkhiClient(amt: Amt): MeClient {
  return mkhi({ name: 'MKHI', guid: MKHI_GUID, maxConnections: 3 }, amt);
}

/** The one that the kernel itself uses. */
export function mkhiFixedClient(amt: Amt): MeClient {
  return mkhi({ name: 'MKHI fixed', guid: MKHI_FIXED_GUID, maxConnections: 0, fixedAddress: true }, amt);
}

function mkhi(
  properties: Omit<MeClientProperties, 'protocolVersion' | 'maxMessageLength'>,
  amt: Amt,
): MeClient {
  const whole = { ...properties, protocolVersion: 1, maxMessageLength: 2048 };
  return answering(whole, (request) => {
    const code = mkhiCode(request);
    if (code === undefined) return undefined;
    const asked = decodeMkhiRequest(request);
    if (asked instanceof AmtError) {
      const unknown = asked.code === 'AMT_ERR_UNKNOWN';
      const result = unknown ? MKHI_RESULT.INVALID_COMMAND : MKHI_RESULT.SIZE_ERROR;
      return encodeMkhiResponse({ command: code, result });
    }
    const { command, data } = asked;
    // Which data belong to which command is known to the register, and not to the compiler.
    const answer = (ANSWERS[command] as (state: AmtState, data: MkhiAsked) => unknown)(amt.state, data);
    if (typeof answer === 'number') return encodeMkhiResponse({ command, result: answer });
    return encodeMkhiResponse({ command, result: MKHI_RESULT.SUCCESS, data: answer } as MkhiResponse);
  });
}

/** The data of the answer, or the result of a refusal. */
type Answers = {
  readonly [N in MkhiCommandName]: (state: AmtState, asked: MkhiAsked<N>) => MkhiAnswered<N> | number;
};

const ANSWERS: Answers = {
  GET_FW_VERSION: ({ version }) => {
    const [major = 0, minor = 0, hotfix = 0, build = 0] = version.split('.').map(Number);
    const block = {
      minor: minor & 0xffff,
      major: major & 0xff,
      platform: 0,
      build: build & 0xffff,
      hotfix: hotfix & 0xffff,
    };
    return { code: block, recovery: block, factory: block };
  },
  // Nobody asks before the operating system is there.
  GET_BOOT_STATE: () => ({ state: MkhiBootState.END_OF_POST | MkhiBootState.CORE_BIOS_DONE }),
  GET_EOP_STATE: () => ({ state: 1 }),
  GET_MEASURED_BOOT_STATE: () => ({ state: 0 }),
  GET_IMAGE_FW_VERSION: () => MKHI_RESULT.NOT_FOUND,
  GET_RULE: (state, { ruleId }) => {
    const word = RULES.get(ruleId)?.(state);
    if (word === undefined) return MKHI_RESULT.NOT_SUPPORTED;
    return { ruleId, data: Uint8Array.from([0, 8, 16, 24], (shift) => word >>> shift) };
  },
  SET_RULE: (_, { ruleId }) => (ruleId === MkhiRule.OS_VERSION ? {} : MKHI_RESULT.NOT_SUPPORTED),
};

const { AMT, IPV6, KVM, PAVP, TLS } = MkhiFeatures;
const FEATURES = AMT | PAVP | IPV6 | KVM | TLS;
/** A laptop, production firmware for AMT. Source: the bits of LMS GetPlatformTypeCommand.h. */
const PLATFORM = 0x01 | 0x80 | (4 << 8) | (1 << 12);

const RULES = new Map<number, (state: AmtState) => number>([
  [MkhiRule.SKU, () => FEATURES],
  [MkhiRule.FEATURES_ENABLED, ({ enabled }) => (enabled ? FEATURES : FEATURES & ~AMT)],
  [MkhiRule.FEATURES_AVAILABLE, ({ enabled }) => (enabled ? FEATURES : FEATURES & ~AMT)],
  [MkhiRule.FW_UPDATE, () => 1],
  [MkhiRule.PLATFORM_TYPE, () => PLATFORM],
]);
