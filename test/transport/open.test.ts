import { describe, expect, it } from 'vitest';
import { openTransport, parseTransportName, TransportError, VirtualClock } from '../../transport/index.ts';
import { RELAY } from './support/links.ts';

describe('openTransport', () => {
  it('opens memory: with both ends, under the given clock', () => {
    const clock = new VirtualClock();
    const transport = openTransport('memory:[latency=2.5]', { clock });
    const seen: [number, string][] = [];
    transport.host!.onEvent = (event) => seen.push([clock.now(), event.type]);
    transport.csme!.plug();
    clock.runUntilIdle();
    expect(seen).toEqual([[2.5, 'probe']]);
    transport.close();
  });

  it('opens worker: with the end that is here', async () => {
    const withHost = openTransport(`worker:${RELAY.href}`, { input: { role: 'csme' } });
    expect([withHost.host?.side, withHost.csme]).toEqual(['host', undefined]);
    const withCsme = openTransport(`worker:[role=host]${RELAY.href}`, { input: { role: 'host' } });
    expect([withCsme.host, withCsme.csme?.side]).toEqual([undefined, 'csme']);
    const probed = new Promise<void>((resolve) => {
      withCsme.csme!.onEvent = () => resolve();
    });
    withCsme.csme!.plug();
    withCsme.csme!.unplug();
    await probed;
    for (const transport of [withHost, withCsme]) {
      const end = transport.host ?? transport.csme;
      await (end as unknown as { terminate(): Promise<void> }).terminate();
    }
  });

  it.each(['', 'memory', 'mei0', 'unix', '://', 'constructor:'])('names the known ones for "%s"', (name) => {
    expect(() => openTransport(name)).toThrow(TransportError);
    expect(() => openTransport(name)).toThrow(/known are memory:.*worker:/);
  });

  it.each([
    'memory:x',
    'memory:[latency=-1]',
    'memory:[latency=]',
    'memory:[latency]',
    'memory:[speed=1]',
    'worker:',
    'worker:[role=both]./a.js',
    'worker:[x=1]./a.js',
  ])('refuses "%s"', (name) => {
    expect(() => openTransport(name)).toThrow(expect.objectContaining({ code: 'TRANSPORT_ERR_OPTION' }));
  });

  it('takes names apart', () => {
    expect(parseTransportName('worker:[role=host,]file:///a.js')).toEqual({
      scheme: 'worker',
      settings: new Map([['role', 'host']]),
      rest: 'file:///a.js',
    });
  });
});
