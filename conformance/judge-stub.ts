import type { TraceEvent } from '../trace/index.ts';
import type { JudgeReport } from '../trace/rules/finding.ts';
export class Judge {
  constructor(_o?: { file?: string }) {}
  push(_e: readonly TraceEvent[]): void {}
  finish(): JudgeReport {
    return {
      file: '',
      driver: '',
      messages: 0,
      rules: {} as never,
      findings: [],
      omitted: 0,
      errors: [],
      errorsOmitted: 0,
    };
  }
}
