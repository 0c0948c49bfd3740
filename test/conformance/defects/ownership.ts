/** Defects of ownership and of link protection. */
import type { HostState } from '../../../ownership/index.ts';
import { SapNicOwner } from '../../../sap/index.ts';
import { type Defect, hooked, isNamed, oneMore, quirk, table, timed, without, writes } from './plant.ts';

type NicOwner = { message: { owner: number } };

export const OWNERSHIP_DEFECTS: readonly Defect[] = [
  {
    id: 'asks-nobody',
    what: 'does not ask for ownership',
    plant: table('connected', 'get_ownership', ([idle]) => [{ do: idle!.do }]),
    fails: ['own.ask'],
    follows: ['own.result', 'own.ask-again', 'hostile.ignored', 'link.comes'],
  },
  {
    id: 'asks-twice',
    what: 'asks twice',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'HOST_ASKS_FOR_NIC_OWNERSHIP')) oneMore(message, writing);
      return result;
    }),
    fails: ['own.ask'],
    follows: ['own.ask-again', 'own.offer', 'own.no-ask-when-owner'],
  },
  {
    id: 'owner-asks',
    what: 'asks although it owns the card',
    plant: table('connected', 'get_ownership', ([, asks]) => [{ do: asks!.do }]),
    fails: ['own.no-ask-when-owner'],
    follows: ['own.ask-again', 'own.result', 'own.ask'],
  },
  {
    id: 'no-confirmation',
    what: 'does not confirm a grant',
    plant: without('confirmHostOwnership', 'connected', 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ'),
    fails: ['own.confirm'],
  },
  {
    id: 'confirms-refusal',
    what: 'confirms a refusal, too',
    plant: table('connected', 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', ([granted, refused]) => [
      granted!,
      { do: [...refused!.do, granted!.do.find(({ name }) => name === 'confirmHostOwnership')!] },
    ]),
    fails: ['own.confirm'],
  },
  {
    id: 'always-owner',
    what: 'says success when it was refused',
    plant: hooked({
      output(output) {
        if (output.type !== 'return' || output.name !== 'get_ownership') return [output];
        return [{ ...output, result: { ret: 0 } }];
      },
    }),
    fails: ['own.result'],
    follows: ['removal.wakes'],
  },
  {
    id: 'impatient',
    what: 'waits 200 ms for an answer instead of 500',
    plant: timed('ownershipReply', 200),
    fails: ['own.result'],
  },
  {
    id: 'asks-again-early',
    what: 'asks again after 30 s',
    plant: timed('ownershipRetry', 30_000),
    fails: ['own.ask-again'],
  },
  {
    id: 'asks-again-never',
    what: 'never asks again',
    plant: timed('ownershipRetry', null),
    fails: ['own.ask-again'],
  },
  {
    id: 'offer-ignored',
    what: 'ignores that CSME offers the card',
    plant: without('askOwnership', 'connected', 'CSME_CAN_RELEASE_OWNERSHIP'),
    fails: ['own.offer'],
  },
  {
    id: 'confirms-at-once',
    what: 'confirms a taking while the device is still up',
    plant: table('connected', 'CSME_TAKING_OWNERSHIP', (rows) => rows.slice(1)),
    fails: ['own.confirm-taking'],
    follows: ['own.taking-told'],
  },
  {
    id: 'taking-not-told',
    what: 'does not tell the WLAN driver that CSME takes the card',
    plant: without('blockRfkillCsmeTaking', 'connected', 'CSME_TAKING_OWNERSHIP'),
    fails: ['own.taking-told'],
  },
  {
    id: 'taking-not-confirmed',
    what: 'does not confirm a taking when the device has come down',
    plant: without('confirmCsmeOwnership', 'connected', 'device_state'),
    fails: ['own.confirm-taking'],
  },
  {
    id: 'taking-confirmed-twice',
    what: 'confirms a taking each time the device is said to be down',
    plant: hooked(() => {
      let took = false;
      return {
        input(input, { state }) {
          took ||= state.confirmWhenDown;
          if (took && input.type === 'command' && input.name === 'device_state') state.confirmWhenDown = true;
          return [input];
        },
        after({ state }) {
          if (state.owner || state.phase !== 'connected') took = false;
        },
      };
    }),
    fails: ['own.confirm-taking'],
  },
  {
    id: 'taking-not-believed',
    what: 'owns the card although CSME took it',
    plant: without('loseOwnership', 'connected', 'CSME_TAKING_OWNERSHIP'),
    fails: ['own.ask'],
    follows: ['own.ask-again', 'own.result'],
  },
  {
    id: 'owner-unknown',
    what: 'takes every NIC_OWNER but 1 for CSME',
    plant: table('connected', 'NIC_OWNER', ([, host, csme]) => [
      { ...host!, when: ((_: HostState, e: NicOwner) => e.message.owner === SapNicOwner.HOST) as never },
      csme!,
    ]),
    fails: ['own.no-ask-when-owner'],
    follows: ['own.result'],
  },
  {
    id: 'status-not-told',
    what: 'does not pass CSME_CONN_STATUS up',
    plant: without('tellConnStatus', 'connected', 'CSME_CONN_STATUS'),
    fails: ['lp.status'],
  },
  {
    id: 'status-garbled',
    what: 'passes up another access point than CSME is on',
    plant: hooked({
      output(output) {
        if (output.type !== 'tell' || output.name !== 'me_conn_status') return [output];
        const { connectionInfo } = output.args;
        const args = {
          ...output.args,
          connectionInfo: { ...connectionInfo, bssid: connectionInfo.bssid + 1 },
        };
        return [{ ...output, args }];
      },
    }),
    fails: ['lp.status'],
  },
  {
    id: 'status-cut',
    what: 'as the reference: link protection cut to 8 bits',
    plant: quirk('connection-status-cut-to-8-bits'),
    fails: ['lp.status'],
  },
  {
    id: 'rfkill-ignored',
    what: 'does not block rfkill while the link is protected',
    plant: without('tellRfkillFromStatus', 'connected', 'CSME_CONN_STATUS'),
    fails: ['lp.rfkill'],
  },
  {
    id: 'rfkill-stays-blocked',
    what: 'does not release rfkill when AMT is disabled',
    plant: without('unblockRfkill', 'connected', 'AMT_STATE'),
    fails: ['lp.rfkill'],
  },
  {
    id: 'rfkill-kept-after-grant',
    what: 'does not release rfkill when it is granted the card',
    plant: without('unblockRfkill', 'connected', 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ'),
    fails: ['lp.rfkill'],
  },
  {
    id: 'roams',
    what: 'does not forbid roaming while it owns a protected link',
    plant: without('tellRoaming', 'connected', 'CSME_CONN_STATUS'),
    fails: ['lp.roaming'],
  },
];
