/** What is changed by Put and by methods: by hand-written requests, and by those of a public client. */
import { AMT, CIM, IPS } from '@device-management-toolkit/wsman-messages';
import { describe, expect, it } from 'vitest';
import { classUri, NS } from '../../../amt/web/index.ts';
import { Amt, CLIENT_CONTROL, PROVISIONED, UNPROVISIONED } from '../../../csme/amt/index.ts';
import { Asked, invoke, put, request, textIn } from './asked.ts';

const HA1 = '0123456789abcdef0123456789abcdef';
const amtMessages = new AMT.Messages();
const ipsMessages = new IPS.Messages();
const cimMessages = new CIM.Messages();

describe('Put', () => {
  it('changes what can be changed, and gives the instance as it is then', () => {
    const asked = new Asked();
    const properties =
      '<r:HostName>other</r:HostName><r:SharedFQDN>false</r:SharedFQDN><r:PowerSource>1</r:PowerSource>';
    const after = asked.body(put('AMT_GeneralSettings', properties));
    expect([textIn(after, 'HostName'), textIn(after, 'PowerSource')]).toEqual(['other', '0']);
    expect(asked.amt.state).toMatchObject({
      hostName: 'other',
      sharedFqdn: false,
      domainName: 'example.test',
    });
  });

  it('sets an interface by its key', () => {
    const asked = new Asked();
    const selectors =
      '<w:SelectorSet><w:Selector Name="InstanceID">Intel(r) AMT Ethernet Port Settings 0</w:Selector></w:SelectorSet>';
    const fixed =
      '<r:DHCPEnabled>false</r:DHCPEnabled><r:IPAddress>192.0.2.77</r:IPAddress><r:SubnetMask>255.255.255.0</r:SubnetMask>';
    const settings = 'AMT_EthernetPortSettings';
    expect(asked.fault(put(settings, fixed))).toBe('c:InvalidSelectors InsufficientSelectors');
    expect(textIn(asked.body(put(settings, fixed, selectors)), 'IPAddress')).toBe('192.0.2.77');
    expect(asked.amt.state.wired).toMatchObject({ dhcp: false, ipv4: 0xc000024d, gateway: 0 });
    const broken = (address: string) => put(settings, `<r:IPAddress>${address}</r:IPAddress>`, selectors);
    for (const address of ['192.0.2', '192.0.2.256', 'x', '']) {
      expect(asked.fault(broken(address))).toBe('g:InvalidRepresentation InvalidValues');
    }
  });

  it.each([
    [
      'AMT_RedirectionService',
      '<r:EnabledState>32769</r:EnabledState><r:ListenerEnabled>true</r:ListenerEnabled>',
      { solEnabled: false, iderEnabled: true, redirectionListener: true },
    ],
    ['IPS_OptInService', '<r:OptInRequired>4294967295</r:OptInRequired>', { optInRequired: 0xffffffff }],
    [
      'AMT_WiFiPortConfigurationService',
      '<r:localProfileSynchronizationEnabled>3</r:localProfileSynchronizationEnabled>',
      { wifi: { ...PROVISIONED.wifi, localProfileSynchronizationEnabled: 3 } },
    ],
  ])('sets %s', (name, properties, wanted) => {
    const asked = new Asked();
    expect(asked.fault(put(name, properties))).toBe('none');
    expect(asked.amt.state).toMatchObject(wanted);
  });

  it.each([
    ['AMT_GeneralSettings', '<r:HostName>a b</r:HostName>'],
    ['AMT_GeneralSettings', '<r:SharedFQDN>maybe</r:SharedFQDN>'],
    // A name that every object has.
    ['AMT_GeneralSettings', '<r:SharedFQDN>constructor</r:SharedFQDN>'],
    ['AMT_GeneralSettings', '<r:HostName>a</r:HostName><r:HostName>b</r:HostName>'],
    ['AMT_RedirectionService', '<r:EnabledState>5</r:EnabledState>'],
    ['IPS_OptInService', '<r:OptInRequired>2</r:OptInRequired>'],
    [
      'AMT_WiFiPortConfigurationService',
      '<r:localProfileSynchronizationEnabled>2</r:localProfileSynchronizationEnabled>',
    ],
  ])('refuses %s with %s, and changes nothing', (name, properties) => {
    const asked = new Asked();
    const before = asked.amt.state;
    expect(asked.fault(put(name, properties))).toBe('g:InvalidRepresentation InvalidValues');
    expect(asked.amt.state).toBe(before);
  });

  it('refuses another class, one without Put, and the local account', () => {
    const asked = new Asked();
    const other = request('AMT_GeneralSettings', `${NS.transfer}/Put`, '<r:AMT_Other/>');
    expect(asked.fault(other)).toBe('g:InvalidRepresentation');
    expect(asked.fault(put('AMT_BootCapabilities', ''))).toBe('b:ActionNotSupported');
    expect(asked.fault(put('AMT_GeneralSettings', ''), true)).toBe('c:AccessDenied');
  });

  it('does not ask less of the user than client control mode does', () => {
    const asked = new Asked(new Amt(CLIENT_CONTROL));
    expect(asked.fault(put('IPS_OptInService', '<r:OptInRequired>0</r:OptInRequired>'))).toBe(
      'g:InvalidRepresentation InvalidValues',
    );
    expect(asked.amt.state.optInRequired).toBe(0xffffffff);
  });
});

describe('set-up', () => {
  const setup = (type: 0 | 1 | 2, password: string) =>
    ipsMessages.HostBasedSetupService.Setup(type, password);

  it('by a program of the host leads to client control mode, once', () => {
    const asked = new Asked(new Amt(UNPROVISIONED));
    expect(asked.returned(setup(2, HA1.toUpperCase()), true)).toBe('0');
    expect(asked.amt.state).toMatchObject({ controlMode: 1, provisioningState: 2, accounts: { admin: HA1 } });
    expect(asked.returned(setup(2, HA1), true)).toBe('2');
    const service = asked.body(ipsMessages.HostBasedSetupService.Get(), true);
    expect(textIn(service, 'CurrentControlMode')).toBe('1');
    expect(service.children.filter(({ local }) => local === 'AllowedControlModes')).toHaveLength(2);
  });

  it.each<[string, 0 | 1 | 2, string]>([
    ['a password that is no hash', 2, 'secret'],
    ['a short hash', 2, HA1.slice(1)],
    ['a password as it is', 0, HA1],
  ])('refuses %s', (_, type, password) => {
    const asked = new Asked(new Amt(UNPROVISIONED));
    expect(asked.returned(setup(type, password), true)).toBe('3');
    expect(asked.amt.state.controlMode).toBe(0);
  });

  it.each(['AdminSetup', 'AddNextCertInChain', 'UpgradeClientToAdmin'])('%s is disabled', (method) => {
    const asked = new Asked(new Amt(UNPROVISIONED));
    expect(asked.returned(invoke('IPS_HostBasedSetupService', method), true)).toBe('4');
    expect(asked.amt.state.controlMode).toBe(0);
  });

  it('is undone by the administrator, also from admin control mode', () => {
    const asked = new Asked();
    const unprovision = amtMessages.SetupAndConfigurationService.Unprovision(1);
    expect(asked.fault(unprovision, true)).toBe('c:AccessDenied');
    expect(asked.returned(unprovision)).toBe('0');
    expect(asked.amt.state).toMatchObject({ controlMode: 0, provisioningState: 0, accounts: {} });
  });

  it('knows the machine', () => {
    const asked = new Asked(new Amt({ uuid: '00112233-4455-6677-8899-aabbccddeeff' }));
    const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    const got = asked.body(invoke('AMT_SetupAndConfigurationService', 'GetUuid'), true);
    expect(textIn(got, 'UUID')).toBe(bytes.toString('base64'));
    const system = asked.body(cimMessages.ComputerSystemPackage.Get());
    expect(textIn(system, 'PlatformGUID')).toBe(bytes.toString('hex').toUpperCase());
  });

  it('takes another password of the administrator', () => {
    const asked = new Asked(new Amt({ accounts: { admin: '0'.repeat(32) } }));
    const digest = Buffer.from(HA1, 'hex').toString('base64');
    expect(asked.returned(amtMessages.AuthorizationService.SetAdminACLEntryEx('admin', digest))).toBe('0');
    expect(asked.amt.accounts().get('admin')).toBe(HA1);
    expect(asked.returned(amtMessages.AuthorizationService.SetAdminACLEntryEx('root', digest))).toBe('36');
    expect(asked.returned(amtMessages.AuthorizationService.SetAdminACLEntryEx('admin', 'AAAA'))).toBe('36');
  });
});

describe('methods', () => {
  it.each([
    ['AMT_RedirectionService', '32770', { solEnabled: true, iderEnabled: false }],
    ['AMT_RedirectionService', '32768', { solEnabled: false, iderEnabled: false }],
    ['CIM_KVMRedirectionSAP', '3', { kvmEnabled: false }],
    ['CIM_WiFiPort', '3', { wireless: { ...PROVISIONED.wireless, enabled: false } }],
    ['AMT_UserInitiatedConnectionService', '32769', { userInitiatedInterfaces: 1 }],
  ])('RequestStateChange of %s to %s', (name, state, wanted) => {
    const asked = new Asked();
    const change = (to: string) =>
      invoke(name, 'RequestStateChange', `<r:RequestedState>${to}</r:RequestedState>`);
    expect(asked.returned(change(state))).toBe('0');
    expect(asked.amt.state).toMatchObject(wanted);
    expect(asked.returned(change('99'))).toBe('36');
    expect(asked.fault(change(state), true)).toBe('c:AccessDenied');
  });

  it('tell the time, and take it', () => {
    const got = new Asked().body(amtMessages.TimeSynchronizationService.GetLowAccuracyTimeSynch(), true);
    expect(textIn(got, 'Ta0')).toBe('1700000000');
    const { SetHighAccuracyTimeSynch } = amtMessages.TimeSynchronizationService;
    expect(new Asked().returned(SetHighAccuracyTimeSynch(1, 2, 3), true)).toBe('0');
    expect(new Asked().returned(SetHighAccuracyTimeSynch(-1, 2, 3), true)).toBe('36');
  });

  it.each([
    ['of nothing', invoke('AMT_SetupAndConfigurationService', 'Explode'), 'b:ActionNotSupported'],
    ['of Object', invoke('AMT_SetupAndConfigurationService', 'toString'), 'b:ActionNotSupported'],
    [
      'of another class',
      request('AMT_GeneralSettings', `${classUri('IPS_OptInService')}/Get`, ''),
      'b:ActionNotSupported',
    ],
    [
      'without input',
      request(
        'AMT_SetupAndConfigurationService',
        `${classUri('AMT_SetupAndConfigurationService')}/CommitChanges`,
        '',
      ),
      'c:SchemaValidationError',
    ],
  ])('are refused: %s', (_, given, wanted) => {
    expect(new Asked().fault(given)).toBe(wanted);
  });
});
