/** A remote session runs over CSME's link, or over the host's: what the WLAN driver is told. */
import { accessPoint } from '../../csme/index.ts';
import type { ConnectionInfo, SapDraft } from '../../sap/index.ts';
import { alive, up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { message, op } from '../seen.ts';
import { QUIET } from '../stage.ts';

const AP = accessPoint({ ssid: 'remote', bssid: 0x02005e005311, channel: 44 });
const STATUS_ARGS = {
  lp_state: 1,
  auth_mode: 7,
  ssid_len: 6,
  channel: 44,
  band: 1,
  pairwise_cipher: 4,
  bssid: '02:00:5e:00:53:11',
};

function status(linkProtState: number, connectionInfo: ConnectionInfo = AP): SapDraft {
  return { name: 'CSME_CONN_STATUS', linkProtState, scanRequest: 0, connectionInfo };
}

const told = op('me_conn_status', STATUS_ARGS);
const blocked = op('rfkill', { blocked: 1, csme_taking_ownership: 0 });
const released = op('rfkill', { blocked: 0 });

export const PROTECTION: readonly Scenario[] = [
  {
    id: 'protection-csme-owns',
    suite: 'protection',
    title: 'CSME owns the card and the session is protected: the access point is passed up, rfkill follows',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell(status(1));
      yield* s.expect('lp.status', told);
      yield* s.expect('lp.rfkill', blocked);
      yield* s.tell(status(0));
      yield* s.expect('lp.status', op('me_conn_status', { lp_state: 0 }));
      yield* s.expect('lp.rfkill', released);
    },
  },
  {
    id: 'protection-host-owns',
    suite: 'protection',
    title: 'The host owns the card and the session is protected: roaming is forbidden, and rfkill left alone',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.tell(status(1));
      yield* s.expect('lp.status', told);
      yield* s.expect('lp.roaming', op('roaming_forbidden', { forbidden: 1 }));
      yield* s.never('lp.rfkill', blocked);
      yield* s.tell(status(0));
      yield* s.expect('lp.roaming', op('roaming_forbidden', { forbidden: 0 }));
    },
  },
  {
    id: 'protection-hand-over',
    suite: 'protection',
    title: 'The hand-over: protected, the host is told, asks, is granted, and rfkill is released',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell(status(1));
      yield* s.expect('lp.rfkill', blocked);
      yield* s.call('get_ownership');
      yield* s.expect('own.ask', message('HOST_ASKS_FOR_NIC_OWNERSHIP'));
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      yield* s.expect('lp.rfkill', released);
      yield* s.tell(status(1));
      yield* s.expect('lp.roaming', op('roaming_forbidden', { forbidden: 1 }));
    },
  },
  {
    id: 'protection-wide-state',
    suite: 'protection',
    title: 'A link_prot_state whose low byte is 0 is a protected link all the same',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell(status(0x100));
      yield* s.expect('lp.status', op('me_conn_status', { lp_state: 0x100 }));
      yield* s.expect('lp.rfkill', blocked);
    },
  },
  {
    id: 'protection-ssid-too-long',
    suite: 'protection',
    title: 'A CSME_CONN_STATUS with an SSID of more than 32 bytes is ignored',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell(status(1, { ...AP, ssidLen: 33 }));
      yield* s.never('hostile.ignored', op('me_conn_status'), QUIET);
      yield* alive(s);
    },
  },
  {
    id: 'protection-amt-disabled',
    suite: 'protection',
    title: 'AMT is disabled during a protected session: rfkill is released',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell(status(1));
      yield* s.expect('lp.rfkill', blocked);
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
      yield* s.expect('lp.rfkill', released);
    },
  },
  {
    id: 'protection-driver-registers',
    suite: 'protection',
    title: 'A WLAN driver that registers during a protected session learns that rfkill blocks',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.tell({ name: 'NIC_OWNER', owner: 2 }, status(1));
      yield* s.expect('lp.rfkill', blocked);
      yield* s.call('start_unregister');
      yield* s.call('unregister_complete');
      yield* s.call('register');
      yield* s.expect('lp.rfkill', blocked);
    },
  },
];
