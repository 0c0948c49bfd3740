/** The state of AMT, asked through its host interface (AMTHI). */
import { u32At } from '../../sap/index.ts';
import { MEI_CLIENTS, type MeiConnection, MeiError, openMei } from '../../transport/index.ts';

export const PROVISIONING = ['not provisioned', 'being provisioned', 'provisioned'] as const;
export type AmtState = 'disabled' | (typeof PROVISIONING)[number];

/** GET_PROVISIONING_STATE of AMTHI 1.1: version, command and no data. */
const COMMAND = 0x0400_0011;
const RESPONSE = 0x0080_0000;
const REQUEST = Uint8Array.of(1, 1, 0, 0, 0x11, 0, 0, 0x04, 0, 0, 0, 0);
/** Header, status, state. */
const ANSWER_BYTES = 20;

/** The kernel waits up to 30 s for a firmware that does not answer a connect: nobody waits so long here. */
const PATIENCE_MS = 10_000;

/** Connects for a moment. Gives the MeiError of a device or firmware that does not answer. */
export async function askAmt(path: string): Promise<AmtState | MeiError> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let connection: MeiConnection | undefined;
  try {
    connection = await openMei(path, { client: MEI_CLIENTS.AMTHI.guid, signal });
    await connection.send(REQUEST, { signal });
    const state = provisioningOf(await connection.receive({ signal }));
    return state ?? new MeiError('MEI_ERR_SYSTEM', { path, detail: '(AMTHI answered something else)' });
  } catch (error) {
    if (!(error instanceof MeiError)) throw error;
    return error.code === 'MEI_ERR_NO_ANSWER' ? 'disabled' : error;
  } finally {
    await connection?.close();
  }
}

/** Undefined for an answer to something else, a refusal, a state that is not known. */
export function provisioningOf(answer: Uint8Array): AmtState | undefined {
  if (answer.length < ANSWER_BYTES || u32At(answer, 4) !== COMMAND + RESPONSE) return undefined;
  return u32At(answer, 12) === 0 ? PROVISIONING[u32At(answer, 16)] : undefined;
}
