/** Public clients against the web service on the loopback interface. */
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { AMT } from '@device-management-toolkit/wsman-messages';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebService } from '../../../csme/network/index.ts';
import { CREDENTIALS, started } from './support.ts';

const PAGE = new Uint8Array(1_000_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
const { user, password } = CREDENTIALS;

const run = promisify(execFile);
const missing = (command: string) => spawnSync(command, ['--version']).error !== undefined;

const running: WebService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

async function start() {
  const all = await started({ pages: new Map([['/page.bin', PAGE]]) });
  running.push(all.service);
  return all;
}

/** What the program writes, and how the service saw it: requests and challenges. */
async function output(service: WebService, command: string, args: readonly string[]) {
  const { stdout } = await run(command, args, { encoding: 'buffer', maxBuffer: 1 << 24 });
  const { requests, challenged } = service.statistics();
  return {
    hash: createHash('sha256').update(stdout).digest('hex'),
    text: stdout.toString(),
    requests,
    challenged,
  };
}

const PAGE_READ = { hash: createHash('sha256').update(PAGE).digest('hex'), requests: 2, challenged: 1 };

/** Python’s own HTTP client: `argv` is origin, user, password, path and perhaps a body. */
const PYTHON = `
import sys, urllib.request
origin, user, password, path, *body = sys.argv[1:]
passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, origin, user, password)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPDigestAuthHandler(passwords))
data = body[0].encode() if body else None
sys.stdout.buffer.write(opener.open(urllib.request.Request(origin + path, data=data)).read())
`;

describe('a public client reads a page of 1 MB', () => {
  it.skipIf(missing('curl'))('curl', async () => {
    const { service, origin } = await start();
    const args = ['-sS', '--noproxy', '*', '--digest', '-u', `${user}:${password}`, `${origin}/page.bin`];
    expect(await output(service, 'curl', args)).toMatchObject(PAGE_READ);
  });

  it.skipIf(missing('wget'))('wget', async () => {
    const { service, origin } = await start();
    const args = [
      '-q',
      '-O',
      '-',
      '--no-proxy',
      `--user=${user}`,
      `--password=${password}`,
      `${origin}/page.bin`,
    ];
    expect(await output(service, 'wget', args)).toMatchObject(PAGE_READ);
  });

  it.skipIf(missing('python3'))('urllib of Python', async () => {
    const { service, origin } = await start();
    const args = ['-c', PYTHON, origin, user, password, '/page.bin'];
    expect(await output(service, 'python3', args)).toMatchObject(PAGE_READ);
  });
});

describe('a WS-Management request as management software writes it', () => {
  const amt = new AMT.Messages();
  it.each([
    ['AMT_GeneralSettings', amt.GeneralSettings.Get(), 'DigestRealm'],
    ['AMT_SetupAndConfigurationService', amt.SetupAndConfigurationService.Get(), 'ProvisioningMode'],
    [
      'AMT_WiFiPortConfigurationService',
      amt.WiFiPortConfigurationService.Get(),
      'localProfileSynchronizationEnabled',
    ],
  ])('gets %s', async (name, body, property) => {
    const { logOn } = await start();
    const headers = { 'Content-Type': 'application/soap+xml' };
    const answer = await logOn('/wsman', { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toMatch(new RegExp(`<g:${name}>.*<g:${property}>[^<]+</g:${property}>`));
  });

  it.each([
    [
      'an instance that is not there',
      amt.EthernetPortSettings.Get({ name: 'InstanceID', value: 'x' }),
      'c:InvalidSelectors',
    ],
    ['a class that is not there', amt.AlarmClockService.Get(), 'b:DestinationUnreachable'],
  ])('gets a fault for %s', async (_, body, subcode) => {
    const { logOn } = await start();
    const answer = await logOn('/wsman', { method: 'POST', body });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).toContain(`<a:Subcode><a:Value>${subcode}</a:Value></a:Subcode>`);
  });

  it.skipIf(missing('python3'))('is answered to urllib of Python', async () => {
    const { service, origin } = await start();
    const args = ['-c', PYTHON, origin, user, password, '/wsman', amt.GeneralSettings.Get()];
    const { text, requests } = await output(service, 'python3', args);
    expect(text).toContain('<g:HostName>sapwood</g:HostName>');
    expect(requests).toBe(2);
  });
});
