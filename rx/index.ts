/**
 * The Rx path: CSME's filters made ready for JavaScript, for the kernel and for people; captures; and the packet rings
 * of an interface, whose frames are filtered where the kernel put them.
 *
 *     const host = new Host({ compileFilter });
 *     const path = openRxPath({
 *       interface: 'wlan0',
 *       receive: (frame, start, end) => host.receive(performance.now(), frame, start, end),
 *     });
 *
 * Only `openRxPath` needs the addon and CAP_NET_RAW; it says so when they are missing.
 */
export { type BpfOptions, compileBpf } from './bpf.ts';
export {
  type BpfInstruction,
  type BpfProgram,
  bytecodeOfBpf,
  bytesOfBpf,
  formatBpf,
} from './bpf-program.ts';
export { compileFilter } from './compile.ts';
export { type Command, consumeCommands, shellText, unconsumeCommands } from './consume.ts';
export { describeFilters, type RuleInWords } from './describe.ts';
export { pcapExpression, plainPcapExpression } from './expression.ts';
export {
  openRxPath,
  RX_GEOMETRY,
  type RxGeometry,
  type RxPath,
  type RxPathOptions,
  type RxStatistics,
} from './path.ts';
export {
  CAPTURE_ERRORS,
  CaptureError,
  type CaptureErrorCode,
  CaptureReader,
  type FrameIndex,
  isCapture,
  pcapOf,
  readFrames,
} from './pcap.ts';
