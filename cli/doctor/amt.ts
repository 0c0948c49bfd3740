/** The state of AMT, asked through its host interface (AMTHI). */
import { type AmthiClient, AmthiError, openAmthi, ProvisioningState } from '../../amt/index.ts';
import { type MeiCalls, MeiError } from '../../transport/index.ts';

export type AmtState = 'disabled' | 'not provisioned' | 'being provisioned' | 'provisioned';

/** The kernel waits up to 30 s for a firmware that does not answer a connect: nobody waits so long here. */
const PATIENCE_MS = 10_000;

/** Connects for a moment. Gives the error of a device or firmware that does not answer, or answers something else. */
export async function askAmt(path: string, calls?: MeiCalls): Promise<AmtState | MeiError | AmthiError> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  let client: AmthiClient | undefined;
  try {
    client = await openAmthi(path, { signal, calls });
    return stateOf((await client.ask('GET_PROVISIONING_STATE')).state);
  } catch (error) {
    if (error instanceof AmthiError) return error.code === 'AMTHI_ERR_DISABLED' ? 'disabled' : error;
    if (error instanceof MeiError) return error;
    throw error;
  } finally {
    await client?.close();
  }
}

function stateOf(state: number): AmtState {
  if (state === ProvisioningState.POST) return 'provisioned';
  return state === ProvisioningState.IN ? 'being provisioned' : 'not provisioned';
}
