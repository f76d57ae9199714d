/** A judge on the test server, for one test. */
import type { JudgeModel } from '../../../src/judges/language/judge-model';
import { Budget, type Limits, type SpendingRecord, type Spent } from '../../../src/judges/remote/budget';
import { openRemoteModel, type RemoteOptions } from '../../../src/judges/remote/remote-model';
import { ReplyCache } from '../../../src/judges/remote/reply-cache';
import type { Patience } from '../../../src/judges/remote/retry';
import type { RemoteAccess } from '../../../src/records/judges';
import type { JudgeScript, Traffic } from './server';

export const PATIENT: Patience = { callMs: 5000, firstPauseMs: 1, longestPauseMs: 2000, tries: 4 };

/** A spending record in memory, which can be made to fail. */
export function memory(
  spent: Spent = { calls: 0, tokens: 0, renewals: 0 },
): SpendingRecord & { spent: Spent; fails: boolean } {
  const record = {
    spent,
    fails: false,
    async load() {
      if (record.fails) throw new Error('The disk is gone.');
      return record.spent;
    },
    async save(now: Spent) {
      if (record.fails) throw new Error('The disk is full.');
      record.spent = now;
    },
  };
  return record;
}

export class TestJudge {
  readonly url: string;
  readonly record = memory();
  private readonly opened: JudgeModel[] = [];

  /** @param server URL of the test server */
  constructor(server: string) {
    this.url = `${server}/judges/${crypto.randomUUID()}`;
  }

  async script(script: JudgeScript): Promise<void> {
    await fetch(`${this.url}/script`, { method: 'PUT', body: JSON.stringify(script) });
  }

  async traffic(): Promise<Traffic> {
    return (await fetch(`${this.url}/traffic`)).json();
  }

  /** The questions that it was asked so far. */
  async questions(): Promise<Traffic['seen']> {
    return (await this.traffic()).seen.filter(
      ({ method, path }) => method === 'POST' && path === '/v1/chat/completions',
    );
  }

  open(change: Partial<RemoteOptions> & { readonly limits?: Limits; readonly given?: RemoteAccess } = {}): JudgeModel {
    const { limits = { calls: 0, tokens: 0 }, given = null, ...options } = change;
    const model = openRemoteModel({
      url: `${this.url}/v1`,
      model: 'judge',
      replyTokens: 64,
      concurrency: 4,
      budget: new Budget(limits, this.record),
      cache: new ReplyCache(),
      page: 'http://localhost:5173/',
      access: async () => given,
      patience: PATIENT,
      ...options,
    });
    this.opened.push(model);
    return model;
  }

  dispose(): void {
    for (const model of this.opened.splice(0)) model.dispose();
  }
}
