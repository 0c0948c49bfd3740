/** The configuration file of the agent: what counts, and what is said of what does not. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONFIG_KEYS, ConfigError, parseConfig, readConfig, sampleConfig } from '../../cli/agent/config.ts';

const read = (text: string) => parseConfig(text, 'agent.toml');

describe('what a file says', () => {
  test('counts key by key; what is left out has its fallback', () => {
    const config = read(
      'interface = "wlp2s0"\nsupplicant = "wpa"\nretry_s = 90\ndhcp = ["udhcpc", "-i", "{interface}"]',
    );
    expect(config).toMatchObject({ interface: 'wlp2s0', supplicant: 'wpa', retry_s: 90, log_level: 'info' });
    expect(config.dhcp).toEqual(['udhcpc', '-i', '{interface}']);
    expect(read('')).toEqual(
      Object.fromEntries(Object.entries(CONFIG_KEYS).map(([name, key]) => [name, key.fallback])),
    );
  });

  test.each([
    ['interface = "a/b"', 'agent.toml: interface is the name of a wireless interface.'],
    ['interface = "sixteen-letters!"', 'agent.toml: interface is the name of a wireless interface.'],
    ['supplicant = "iwd"', 'agent.toml: supplicant is "wpa" or "networkmanager".'],
    ['control_directory = "run"', 'agent.toml: control_directory is an absolute path.'],
    ['dhcp = "udhcpc -i wlan0"', 'agent.toml: dhcp is a program and its arguments, as a list of texts.'],
    ['retry_s = 59', 'agent.toml: retry_s is seconds, 60 to 3600.'],
    ['retry_s = nan', 'agent.toml: retry_s is seconds, 60 to 3600.'],
    ['log_level = "loud"', 'agent.toml: log_level is "error", "warn", "info", "debug".'],
    ['psk = "12345678"', 'there is no key "psk"; there are interface, supplicant,'],
    ['retry_s = 60\nretry_s = 61', 'agent.toml, line 2, column'],
    ['interface = wlan0', 'agent.toml, line 1, column 13: '],
  ])('%j is refused with where and why', (text, why) => {
    expect(() => read(text)).toThrow(ConfigError);
    expect(() => read(text)).toThrow(why);
  });

  test('is never more than a ConfigError, whatever it is', () => {
    const name = fc.constantFrom(...Object.keys(CONFIG_KEYS), '__proto__', 'constructor', 'x.y', '"a b"');
    const value = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constantFrom('nan', '-inf', '1979-05-27', '{}', '[[]]'),
    );
    const line = fc.tuple(name, value).map(([key, text]) => `${key} = ${text}`);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 4 }), (lines) => {
        try {
          read(lines.join('\n'));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('a file that was named must be there; the usual one may be missing', () => {
  expect(() => readConfig('/nonexistent/agent.toml')).toThrow(
    '/nonexistent/agent.toml cannot be read: ENOENT.',
  );
  expect(() => readConfig('/')).toThrow('/ cannot be read: EISDIR.');
});

describe('the sample', () => {
  test('is the file that is shipped', () => {
    expect(readFileSync('systemd/agent.toml', 'utf8')).toBe(sampleConfig());
  });

  test('changes nothing as it is, and has a valid line for every key', () => {
    expect(read(sampleConfig())).toEqual(read(''));
    const uncommented = sampleConfig().replaceAll(/^#(?=\w+ = )/gm, '');
    const names = Object.keys(CONFIG_KEYS);
    expect([...uncommented.matchAll(/^(\w+) = /gm)].map((match) => match[1])).toEqual(names);
    expect(() => read(uncommented)).not.toThrow();
  });
});
