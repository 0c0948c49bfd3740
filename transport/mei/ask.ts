/** Which of the known ME clients answer on a device. */
import { native } from '../../native/index.ts';
import { MEI_CLIENTS, type MeiClientName } from './clients.ts';
import type { MeiCalls } from './connection.ts';
import { MeiError, type MeiErrorCode } from './errors.ts';
import { openMei } from './open.ts';

export type MeiClientAnswer =
  /** It was connected, and closed again. */
  | { readonly answer: 'connected'; readonly protocolVersion: number; readonly maxMessageLength: number }
  /** It is there, and somebody else has it. */
  | { readonly answer: 'busy' }
  | { readonly answer: 'absent' }
  | { readonly answer: 'failed'; readonly error: MeiError };

export interface MeiClientReport {
  readonly name: MeiClientName;
  readonly guid: string;
  readonly answer: MeiClientAnswer;
}

/** What holds for the device, whichever client is asked for. */
const OF_THE_DEVICE: ReadonlySet<MeiErrorCode> = new Set([
  'MEI_ERR_NO_DEVICE',
  'MEI_ERR_NOT_A_DEVICE',
  'MEI_ERR_PERMISSION',
  'MEI_ERR_NOT_READY',
  'MEI_ERR_TOO_MANY_HANDLES',
]);

/**
 * Connects to each known client of the device in turn, and closes it again. Gives a MeiError instead of a list when the
 * device itself cannot be asked. A client that does not answer takes the kernel up to 30 seconds.
 */
export async function askMeiClients(
  path: string,
  signal?: AbortSignal,
  calls: MeiCalls = native(),
): Promise<MeiClientReport[] | MeiError> {
  const reports: MeiClientReport[] = [];
  for (const name of Object.keys(MEI_CLIENTS) as MeiClientName[]) {
    const { guid } = MEI_CLIENTS[name];
    const answer = await askClient(path, guid, signal, calls);
    if (answer.answer === 'failed' && OF_THE_DEVICE.has(answer.error.code)) return answer.error;
    reports.push({ name, guid, answer });
  }
  return reports;
}

async function askClient(
  path: string,
  client: string,
  signal: AbortSignal | undefined,
  calls: MeiCalls,
): Promise<MeiClientAnswer> {
  try {
    const connection = await openMei(path, { client, signal }, calls);
    const { protocolVersion, maxMessageLength } = connection;
    await connection.close();
    return { answer: 'connected', protocolVersion, maxMessageLength };
  } catch (error) {
    if (!(error instanceof MeiError) || error.code === 'MEI_ERR_CANCELLED') throw error;
    if (error.code === 'MEI_ERR_BUSY') return { answer: 'busy' };
    if (error.code === 'MEI_ERR_NO_CLIENT') return { answer: 'absent' };
    return { answer: 'failed', error };
  }
}
