/**
 * Judges a driver: plays CSME to it, scenario by scenario, has its own side act through a helper, and checks what it
 * does by the rules of `sapwood/trace` and a few of its own.
 *
 *     const judge = new Conformance({ scenarios: SCENARIOS, helped: true });
 *     run(judge, listenUnixCsme('/run/sap.sock'), systemClock, { on });
 *     judge.results.failed(); // after `over`: the ids of the checks that failed
 */
export * from './catalogue.ts';
export type * from './contract.ts';
export { ControlClient, type ControlHandlers } from './control-client.ts';
export type { ConformanceOptions } from './course.ts';
export { jsonDocument, junitDocument } from './document.ts';
export { Conformance } from './engine.ts';
export * from './results.ts';
export { type Need, type Scenario, SUITE_NAMES, SUITES, type SuiteName } from './scenario.ts';
export { SCENARIOS, scenariosOf } from './suites/index.ts';
