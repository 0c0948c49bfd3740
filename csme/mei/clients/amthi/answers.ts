/** What an emulated AMT does with each command of AMTHI. */
import type { AmthiAnswered, AmthiAsked, AmthiCommandName } from '../../../../amt/protocol/index.ts';
import type { Amt } from '../../../amt/index.ts';

/** The data of the answer, or the status: without data for SUCCESS, or why it was refused. */
export type AmthiAnswers = {
  readonly [N in AmthiCommandName]: (
    amt: Amt,
    asked: AmthiAsked<N>,
    nowMs: number,
  ) => AmthiAnswered<N> | number;
};
