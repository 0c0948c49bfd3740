/**
 * AMTHI (PTHI), the AMT host interface: what local programs ask AMT about itself, and how they set it up. All of it
 * reads and changes one `Amt`.
 *
 * How firmware answers a request that is wrong is in no public document: `STATUS_OF` is a choice.
 */
import {
  AMT_STATUS,
  AmtError,
  type AmtErrorCode,
  type AmthiAsked,
  type AmthiResponse,
  amthiCommandWord,
  decodeAmthiRequest,
  encodeAmthiResponse,
} from '../../../amt/protocol/index.ts';
import type { Amt } from '../../amt/index.ts';
import type { MeClient } from '../client.ts';
import type { AmthiAnswers } from './amthi/answers.ts';
import { COMMANDS } from './amthi/commands.ts';
import { QUERIES } from './amthi/queries.ts';
import { answering } from './answering.ts';

export const AMTHI_GUID = '12f80028-b4b7-4b2d-aca8-46e0ff65814c';

/** The client. One host program at a time, as most firmware has it. */
export function amthiClient(amt: Amt): MeClient {
  const properties = {
    name: 'AMTHI',
    guid: AMTHI_GUID,
    protocolVersion: 1,
    maxMessageLength: 5120,
    maxConnections: 1,
  } as const;
  return answering(properties, (request, nowMs) => {
    const word = amthiCommandWord(request);
    if (word === undefined) return undefined;
    if (!amt.state.enabled) return new Uint8Array(0);
    const asked = decodeAmthiRequest(request);
    if (asked instanceof AmtError) {
      return encodeAmthiResponse({ command: word, status: STATUS_OF[asked.code] });
    }
    const { command, data } = asked;
    // Which data belong to which command is known to the register, and not to the compiler.
    const answer = (ANSWERS[command] as (amt: Amt, data: AmthiAsked, nowMs: number) => unknown)(
      amt,
      data,
      nowMs,
    );
    const said =
      typeof answer === 'number'
        ? { command, status: answer }
        : ({ command, status: AMT_STATUS.SUCCESS, data: answer } as AmthiResponse);
    try {
      return encodeAmthiResponse(said);
    } catch (error) {
      // The emulated AMT was made with a value that has no form on the wire.
      if (!(error instanceof RangeError)) throw error;
      return encodeAmthiResponse({ command, status: AMT_STATUS.INTERNAL_ERROR });
    }
  });
}

const ANSWERS: AmthiAnswers = { ...QUERIES, ...COMMANDS };

const STATUS_OF: Readonly<Record<AmtErrorCode, number>> = {
  AMT_ERR_TRUNCATED: AMT_STATUS.INVALID_MESSAGE_LENGTH,
  AMT_ERR_LENGTH: AMT_STATUS.INVALID_MESSAGE_LENGTH,
  AMT_ERR_VALUE: AMT_STATUS.INVALID_PARAMETER,
  AMT_ERR_HEADER: AMT_STATUS.UNSUPPORTED_VERSION,
  AMT_ERR_UNEXPECTED: AMT_STATUS.REQUEST_UNEXPECTED,
  AMT_ERR_UNKNOWN: AMT_STATUS.INVALID_COMMAND,
};
