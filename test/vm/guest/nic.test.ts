/** `sapwood nic` on a simulated radio that has what iwlwifi has. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Live } from '../../cli/live.ts';
import { sapwood } from '../../cli/run.ts';
import {
  type NicModule,
  nicModuleIsThere,
  type OwnershipQuestion,
  openNicModule,
  type SimulatedNic,
} from '../iwlwifi/nic.ts';

const CONN_INFO = {
  authMode: 7,
  cipher: 4,
  ssid: Buffer.from('corp-ap'),
  channel: 36,
  bssid: 0x001122334455,
};

describe.skipIf(!nicModuleIsThere())('sapwood nic', () => {
  let module: NicModule;
  let nic: SimulatedNic;
  let onQuestion: (question: OwnershipQuestion) => void;
  beforeEach(() => {
    module = openNicModule();
    onQuestion = () => {};
    nic = module.attach('wlan0', (question) => onQuestion(question));
  });
  afterEach(() => module.close());

  it('status tells who has the card, and which access point CSME is connected to', () => {
    nic.block('NOT_OWNER');
    nic.setConnInfo(CONN_INFO);
    const { status, stdout } = sapwood(['nic', 'status', '--interface', 'wlan0']);
    expect(status).toBe(0);
    expect(stdout.replace(/(phy\d+), [0-9a-f:]{17}/, '$1, MAC')).toBe(`wlan0  phy0, MAC
  card       CSME has it
  rfkill     hard block (NOT_OWNER)
  CSME's AP  "corp-ap" 00:11:22:33:44:55, channel 36 (5180 MHz), RSNA_PSK, CCMP
  link       none
  address    none
  commands   GET_CSME_CONN_INFO, HOST_GET_OWNERSHIP
`);
    const { interfaces } = JSON.parse(sapwood(['--json', 'nic', 'status']).stdout);
    const owners = Object.fromEntries(
      interfaces.map((each: { interface: string; owner: string }) => [each.interface, each.owner]),
    );
    expect(owners).toMatchObject({ wlan0: 'csme', wlan1: 'not shared' });
    const [card] = interfaces.filter((each: { interface: string }) => each.interface === 'wlan0');
    expect(card).toMatchObject({
      rfkill: { soft: false, hard: true, reasons: ['NOT_OWNER'] },
      csmeAp: { ssid: 'corp-ap', bssid: '00:11:22:33:44:55', channel: 36, frequencyMhz: 5180 },
    });
  });

  it('acquire has the card when CSME gives it and rfkill lets it go', async () => {
    nic.block('NOT_OWNER');
    onQuestion = (question) => {
      question.answer();
      nic.block();
    };
    const command = new Live(['nic', 'acquire']);
    await command.until(/This system has the card, after \d+ ms\./);
    expect(await command.ended).toBe(0);
  });

  it('acquire says why CSME keeps the card', async () => {
    nic.block('NOT_OWNER');
    const late = new Live(['nic', 'acquire', '--interface', 'wlan0']);
    await late.until(/CSME keeps the card: ETIMEDOUT\. CSME may give it later: ask again in 60 s\./);
    expect(await late.ended).toBe(1);
    onQuestion = (question) => void question.answer('EACCES');
    const refused = new Live(['--json', 'nic', 'acquire']);
    await refused.until(/{"interface":"wlan0","ok":false,"result":"EACCES"}/, 'stdout');
    expect(await refused.ended).toBe(1);
  });

  it('acquire does not take an answer for a free radio', async () => {
    nic.block('NOT_OWNER', 'SIGNAL');
    onQuestion = (question) => void question.answer();
    const command = new Live(['nic', 'acquire']);
    await command.until(/the radio is still blocked: hard block \(NOT_OWNER, SIGNAL\)\./);
    expect(await command.ended).toBe(1);
  });

  it('watch tells what happens to this card and to no other', async () => {
    const people = new Live(['nic', 'watch']);
    const program = new Live(['--json', 'nic', 'watch']);
    await Promise.all([people, program].map((command) => command.until(/Watching wlan0\./)));
    const other = module.attach('wlan3');
    other.block('SIGNAL');
    nic.setConnInfo(CONN_INFO);
    nic.block('NOT_OWNER');
    await people.until(/\d\d:\d\d:\d\d\.\d{3} {2}rfkill {6}hard block \(NOT_OWNER\)\n/, 'stdout');
    await people.until(/ {2}CSME's AP {3}"corp-ap" 00:11:22:33:44:55, channel 36/, 'stdout');
    nic.block();
    nic.roamingForbidden(true);
    await people.until(/rfkill {6}free\n.*roaming {5}forbidden: a remote session lives\n/, 'stdout');
    await program.until(/"event":"roaming","forbidden":true}\n/, 'stdout');
    expect(await people.end()).toBe(0);
    expect(await program.end()).toBe(0);
    expect(people.stdout).not.toContain('SIGNAL');
    const [first, second] = program.stdout.split('\n').map((line) => JSON.parse(line || 'null'));
    expect(first).toMatchObject({ event: 'card', interface: 'wlan0', owner: 'host' });
    expect(second).toMatchObject({ event: 'rfkill', hard: true, reasons: ['NOT_OWNER'] });
  });

  it('an interface that is not there, or no shared one, is said', () => {
    const { status, stderr } = sapwood(['nic', 'status', '--interface', 'wlan9']);
    expect(status).toBe(2);
    expect(stderr).toContain('there is no wireless interface wlan9.');
  });
});

it.skipIf(!nicModuleIsThere())('without the commands there is nothing to acquire', () => {
  const { status, stderr } = sapwood(['nic', 'acquire']);
  expect(status).toBe(3);
  expect(stderr).toContain("no wireless interface has Intel's vendor commands.");
});
