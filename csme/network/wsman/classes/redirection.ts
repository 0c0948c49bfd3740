/** Redirection of console, disk and screen, and the consent of who sits there. */
import type { AmtState } from '../../../amt/index.ts';
import {
  type AmtClass,
  type Answer,
  amtClass,
  amtService,
  type Call,
  type Change,
  type PutOutcome,
} from '../schema.ts';
import { boolean, oneOf, RETURN, sent } from './values.ts';

export const REDIRECTION_CLASSES: readonly AmtClass[] = [
  amtService(
    'AMT_RedirectionService',
    'Intel(r) AMT Redirection Service',
    (state) => ({ EnabledState: redirectionState(state), ListenerEnabled: state.redirectionListener }),
    { put: putRedirection, methods: { RequestStateChange: { call: changeRedirectionState } } },
  ),
  amtClass({
    name: 'CIM_KVMRedirectionSAP',
    keys: ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
    instances: (state) => [
      {
        CreationClassName: 'CIM_KVMRedirectionSAP',
        ElementName: 'KVM Redirection Service Access Point',
        EnabledState: state.kvmEnabled ? KVM_OFFLINE : DISABLED,
        KVMProtocol: 4,
        Name: 'KVM Redirection Service Access Point',
        RequestedState: state.kvmEnabled ? ENABLED : DISABLED,
        SystemCreationClassName: 'CIM_ComputerSystem',
        SystemName: 'ManagedSystem',
      },
    ],
    methods: { RequestStateChange: { call: changeKvmState } },
  }),
  amtClass({
    name: 'IPS_KVMRedirectionSettingData',
    keys: ['InstanceID'],
    instances: (state) => [
      {
        BackToBackFbMode: false,
        DefaultScreen: 0,
        ElementName: 'Intel(r) KVM Redirection Settings',
        EnabledByMEBx: true,
        InstanceID: 'Intel(r) KVM Redirection Settings',
        Is5900PortEnabled: false,
        OptInPolicy: state.optInRequired !== 0,
        OptInPolicyTimeout: 300,
        RFBPassword: '',
        SessionTimeout: 3,
      },
    ],
  }),
  amtService(
    'IPS_OptInService',
    'Intel(r) AMT OptIn Service',
    (state) => ({
      CanModifyOptInPolicy: mayChangeOptIn(state) ? 1 : 0,
      OptInCodeTimeout: 120,
      OptInDisplayTimeout: 300,
      OptInRequired: state.optInRequired,
      OptInState: 0,
    }),
    { put: putOptIn },
  ),
  amtClass({
    name: 'IPS_SecIOService',
    keys: ['CreationClassName', 'Name', 'SystemCreationClassName', 'SystemName'],
    instances: () => [
      {
        CreationClassName: 'IPS_SecIOService',
        DefaultScreen: 0,
        EnabledState: 2,
        Name: 'SecIO',
        RequestedLanguage: 0,
        Started: true,
        Status: 'OK',
        SystemCreationClassName: 'CIM_ComputerSystem',
        SystemName: 'ManagedSystem',
        language: 0,
        zoom: 65535,
      },
    ],
  }),
];

/** AMT_RedirectionService.EnabledState: none, and the bits of IDE-R and SOL. */
const REDIRECTION_OFF = 32768;
const IDER_BIT = 1;
const SOL_BIT = 2;
const redirectionStates = oneOf(32768, 32769, 32770, 32771);

/** CIM EnabledState. */
const ENABLED = 2;
const DISABLED = 3;
/** Enabled, and nobody is connected. */
const KVM_OFFLINE = 6;

function redirectionState({ iderEnabled, solEnabled }: AmtState): 32768 | 32769 | 32770 | 32771 {
  const bits = (iderEnabled ? IDER_BIT : 0) | (solEnabled ? SOL_BIT : 0);
  return (REDIRECTION_OFF | bits) as 32768 | 32769 | 32770 | 32771;
}

function featuresOf(state: number): { readonly iderEnabled: boolean; readonly solEnabled: boolean } {
  return { iderEnabled: (state & IDER_BIT) !== 0, solEnabled: (state & SOL_BIT) !== 0 };
}

function changeRedirectionState({ amt, nowMs, input }: Call): Answer {
  const wanted = redirectionStates(input('RequestedState'));
  if (wanted === undefined) return RETURN.INVALID_PARAMETER;
  return amt.perform(nowMs, { type: 'set', settings: featuresOf(wanted) });
}

function putRedirection(change: Change): PutOutcome {
  const { state } = change.amt;
  const listener = sent(change, 'ListenerEnabled', boolean, state.redirectionListener);
  const enabled = sent(change, 'EnabledState', redirectionStates, redirectionState(state));
  if (listener === undefined || enabled === undefined)
    return { refused: 'ListenerEnabled is true or false, EnabledState 32768 to 32771.' };
  const settings = { redirectionListener: listener, ...featuresOf(enabled) };
  change.amt.perform(change.nowMs, { type: 'set', settings });
  return 'done';
}

function changeKvmState({ amt, nowMs, input }: Call): Answer {
  const wanted = oneOf(ENABLED, DISABLED)(input('RequestedState'));
  if (wanted === undefined) return RETURN.INVALID_PARAMETER;
  return amt.perform(nowMs, { type: 'set', settings: { kvmEnabled: wanted === ENABLED } });
}

/** In client control mode who sits at the machine is always asked. */
function mayChangeOptIn({ controlMode }: AmtState): boolean {
  return controlMode === 2;
}

function putOptIn(change: Change): PutOutcome {
  const { state } = change.amt;
  const wanted = sent(change, 'OptInRequired', oneOf(0, 1, 0xffffffff), state.optInRequired);
  if (wanted === undefined) return { refused: 'OptInRequired is 0, 1 or 4294967295.' };
  if (wanted !== state.optInRequired && !mayChangeOptIn(state))
    return { refused: 'OptInRequired can be changed in admin control mode only.' };
  change.amt.perform(change.nowMs, { type: 'set', settings: { optInRequired: wanted } });
  return 'done';
}
