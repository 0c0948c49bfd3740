/** An AMT for who needs only its web service: provisioned, with one administrator. */
import { type Credentials, secretOf } from '../../amt/web/index.ts';
import { Amt, type AmtOptions, PROVISIONED } from '../amt/index.ts';
import { NetworkError } from './errors.ts';

/**
 * In admin control mode, with what is given in the place of the defaults.
 *
 * Throws NETWORK_ERR_CREDENTIALS when user or password is empty, or the user has what a header cannot carry.
 */
export function ownAmt(credentials: Credentials | undefined, options: Partial<AmtOptions> = {}): Amt {
  const { user, password } = credentials ?? { user: '', password: '' };
  if (typeof user !== 'string' || user === '' || typeof password !== 'string' || password === '') {
    throw new NetworkError('NETWORK_ERR_CREDENTIALS');
  }
  if (/[:\p{Cc}]/u.test(user)) {
    throw new NetworkError('NETWORK_ERR_CREDENTIALS', {
      detail: 'The user may not have a colon or a control character.',
    });
  }
  const { realm } = { ...PROVISIONED, ...options };
  return new Amt({ ...options, accounts: { [user]: secretOf(user, realm, password) } });
}
