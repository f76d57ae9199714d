/** Everything about judging that a run does not do by itself. Loaded when it is first asked for. */

import { JudgeTrials } from './judge-trials';
import { PairEditor } from './pair-editor';
import { Rejudger, type RejudgeServices } from './rejudger';
import { BallotBox, type BallotServices } from './votes';

export class JudgingDesk {
  readonly trials: JudgeTrials;
  readonly rejudger: Rejudger;
  readonly ballots: BallotBox;
  readonly pairs: PairEditor;

  constructor(services: RejudgeServices & BallotServices) {
    this.trials = new JudgeTrials(services);
    this.rejudger = new Rejudger(services);
    this.ballots = new BallotBox(services);
    this.pairs = new PairEditor(services.store);
  }

  /** Before another policy is made: a trial is given up, and so is judging again on a policy. Resolves when their devices are free. */
  async giveWay(): Promise<void> {
    await Promise.all([this.trials.cancel(), this.rejudger.giveWay()]);
  }
}
