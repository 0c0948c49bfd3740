/**
 * Transports: what carries ME messages and the shared area between a host and CSME, and what runs a state machine on
 * one of their ends.
 *
 * A transport has two ends (`contract.ts`) and is named by a string (`openTransport`): `memory:` in one thread,
 * `worker:` between two, `unix:` between two processes. `recorded` and `faulty` wrap an end and are an end. `run` binds a machine to an end and a
 * clock. Nothing here knows what the messages mean.
 *
 *     const pair = memoryPair();
 *     const firmware = run(csmeMachine, pair.csme, systemClock);
 *     const host = run(hostMachine, recorded(pair.host, console.log, systemClock), systemClock, { on: report });
 *     pair.plug();
 *     await host.call('get_ownership', {});
 */
export { builtModule } from './built.ts';
export { type Clock, systemClock, type Timer, VirtualClock } from './clock.ts';
export type {
  CsmeEnd,
  CsmeEvent,
  CsmePlug,
  CsmeRequest,
  End,
  HostEnd,
  HostEvent,
  HostRequest,
  Machine,
} from './contract.ts';
export {
  TRANSPORT_ERRORS,
  TransportError,
  type TransportErrorCode,
  type TransportErrorDetails,
} from './errors.ts';
export { FAULT_KINDS, type Fault, type FaultKind, type FaultRates } from './faults.ts';
export { type FaultyOptions, faulty } from './faulty.ts';
export type { Allocate } from './host-end.ts';
export * from './mei/index.ts';
export { type MemoryOptions, type MemoryPair, memoryPair } from './memory.ts';
export {
  type OpenOptions,
  openTransport,
  parseTransportName,
  TRANSPORTS,
  type Transport,
  type TransportName,
} from './open.ts';
export { type Random, seededRandom } from './random.ts';
export {
  type RecordedEvent,
  type RecordedLine,
  type Recording,
  recorded,
  type TraceSink,
} from './recorded.ts';
export { type EndFor, type Runner, type RunnerInput, type RunOptions, run } from './runner.ts';
export { listenUnixCsme, type UnixOptions } from './unix/csme.ts';
export { connectUnixHost, type UnixHostOptions } from './unix/host.ts';
export { waitReadable, waitWritable, wakeReader, wakeWriter } from './wait.ts';
export {
  type Spawned,
  spawnWorkerCsme,
  spawnWorkerHost,
  type WorkerOptions,
  workerCsmeEnd,
  workerHostEnd,
  workerInput,
} from './worker.ts';
