/** Inputs for the trace fuzzer: real lines, damaged. */
import type { Random } from './random.ts';

/** One line of each kind that recordings have, and some that only look like them. */
const LINES = [
  '{"t": 33.569190066, "ch": "note", "dir": "-", "text": "recorded from iwlmei", "driver": "iwlmei 6.12"}',
  '{"t": 34.404601658, "ch": "bus", "dir": "drv", "name": "dma_map", "args": {"buffer_id": 1, "size": 172032, "ret": -14}}',
  '{"t": 33.571439018, "ch": "bus", "dir": "ctl", "name": "probe", "args": {"arg": 0}}',
  '{"t": 34.407871776, "ch": "me", "dir": "m2h", "hex": "0200000001000000140000000001000804000000"}',
  '{"t": 102.747118455, "ch": "me", "dir": "m2h", "hex": "03000000020000000c000000"}',
  '{"t": 85.3, "ch": "me", "dir": "h2m", "hex": "010000000100000058000000000000000000000000010008040000"}',
  '{"t": 102.746800611, "ch": "notif", "dir": "m2h", "hex": "f60104000108000000000000"}',
  '{"t": 85.378560281, "ch": "notif", "dir": "h2m", "hex": "f0030800030000000000000000000000"}',
  '{"t": 7, "ch": "notif", "dir": "m2h", "hex": "000240000508000001000000000000000400000068006f6d650000000000000000"}',
  '{"t":1.5,"ch":"notif","dir":"h2m","hex":"F503000001000000"}',
  '{"t": 9.25, "ch": "data", "dir": "h2m", "hex": "d0070e0005000000ffffffffffff02000000000108060001"}',
  '{"t": 9.5, "ch": "data", "dir": "m2h", "hex": "d007000005000000"}',
  '{"t": 9.75, "ch": "frame", "dir": "peer0>wlan0", "hex": "02000000000102000000000208004500001c0000000040010000c0000201c000020208000000"}',
  '{"t": 9.8, "ch": "frame", "dir": "wlan0>peer0", "hex": ""}',
  '{"t": 9.9, "ch": "area", "dir": "h2m", "size": 172032, "control": "53415021", "trailer": "53415021"}',
  '{"t": 103.0, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "power_limit", "args": {"v": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}',
  '{"t": 103.1, "ch": "wifi-cmd", "dir": "drv>wifi", "name": "get_ownership.ret", "args": {"ret": -110}}',
  '{"t": 103.2, "ch": "wifi-op", "dir": "drv>wifi", "name": "me_conn_status", "args": {"ssid_len": 4, "ssid": "686f6d65"}}',
  '{"t": 103.3, "ch": "wifi-op", "dir": "drv>wifi", "name": "sap_connected", "args": {}}',
  '{"t": 4, "ch": "note", "text": "\\u00e9\\ud800 \\u001b[2J"}',
  '{"t": 4.5, "ch": "heci", "what": [1, {"deep": null}], "ok": true}',
  '{"ch": "me", "hex": "0300", "dir": "h2m", "t": 1e1, "comment": "moved"}',
  '{"t": "1", "ch": 5}',
  '[]',
  '',
].map((line) => new TextEncoder().encode(line));

const WORDS = [
  '{', '}', '[', ']', '"', '\\', '\\u0000', ',', ':', ' ', '\n', '\r\n', '\u0000', '\u00e9', '\u202e', '\ufeff',
  '-', '.', '0', '00', '1e999', '1e-400', '-0', '12345678901234567890', 'null', 'true', '""', 'h2m', 'me', 'notif',
  '"t": ', '"ch": ', '"hex": "', '"args": {}', '"__proto__": {}', 'fa01', 'FF', '.ret', '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[',
].map((word) => new TextEncoder().encode(word)); // biome-ignore format: a list of words

/** A few lines, most of them damaged a little. */
export function damagedTrace(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  if (random.oneIn(50)) parts.push(Uint8Array.of(0xef, 0xbb, 0xbf));
  const newline = random.oneIn(6) ? Uint8Array.of(13, 10) : Uint8Array.of(10);
  const lines = 1 + random.below(4);
  for (let i = 0; i < lines; i++) {
    parts.push(LINES[random.below(LINES.length)]!);
    if (i + 1 < lines || !random.oneIn(4)) parts.push(newline);
  }
  let bytes = joined(parts);
  for (let i = random.below(5); i > 0; i--) bytes = damaged(bytes, random);
  return bytes;
}

function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.below(random.oneIn(4) ? 200 : 4));
  switch (random.below(6)) {
    case 0: {
      const out = bytes.slice();
      if (at < out.length) out[at] = random.u32();
      return out;
    }
    case 1:
      return joined([bytes.subarray(0, at), bytes.subarray(to)]);
    case 2:
      return joined([bytes.subarray(0, at), WORDS[random.below(WORDS.length)]!, bytes.subarray(at)]);
    case 3:
      return joined([bytes.subarray(0, at), WORDS[random.below(WORDS.length)]!, bytes.subarray(to)]);
    case 4:
      return joined([bytes.subarray(0, to), bytes.subarray(at)]);
    default:
      return random.oneIn(4)
        ? bytes.slice(0, at)
        : joined([bytes.subarray(0, at), Uint8Array.of(random.u32()), bytes.subarray(at)]);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
