/** The lab's page in a headless Chrome, and calls of its worker from here. The commands are users of the page: nothing is done twice. */
import type { Page } from 'playwright';
import { isErrorCode, LabError } from '../src/lib/errors';
import type { Failure, Lab } from '../src/worker/protocol';
import { chosenAdapter, launchChrome } from './chrome';
import { serve } from './serve';

export interface LabPage {
  readonly page: Page;
  /**
   * Runs a function in the page with the worker and one argument, both as the page has them; argument and result are
   * structured data, and the function may refer to nothing else. @throws LabError as the worker threw it
   */
  ask<R, A>(question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R>;
  close(): Promise<void>;
}

type Outcome<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly failure: Failure };

/**
 * Storage belongs to an origin, and an origin to a port. This name is always the same, and Chrome is told which port of this
 * machine it means today; so a later command finds what an earlier one stored.
 */
const host = 'lab.localhost';

/** @param folders served besides `dist`, as `serve` takes them; the first is the page's own */
export async function openLabPage(profile: string, folders: Readonly<Record<string, string>>): Promise<LabPage> {
  const site = await serve(folders);
  const flags = [`--host-resolver-rules=MAP ${host} localhost:${site.port}`];
  const browser = await launchChrome(profile, chosenAdapter('hardware'), flags).catch(async (error) => {
    await site.close();
    throw error;
  });
  const close = async () => {
    await browser.close();
    await site.close();
  };

  const page = browser.pages()[0] ?? (await browser.newPage());
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  const crashed = new Promise<never>((_resolve, reject) => {
    page.once('crash', () => reject(new Error('The page crashed. What was stored is safe: --resume goes on.')));
  });
  // Heard by whoever asks next; nobody may be asking now.
  crashed.catch(() => {});

  try {
    await page.goto(`http://${host}/`);
    // Put there by src/app/main.tsx.
    await page.waitForFunction(() => 'lab' in globalThis, undefined, { timeout: 60_000 });
  } catch (error) {
    await close();
    throw new Error(['The page did not start.', ...complaints].join('\n'), { cause: error });
  }
  return { page, ask: (question, argument) => Promise.race([ask(page, question, argument), crashed]), close };
}

/** An error's code and advice would not survive the way from the page to here, so it comes as data. */
async function ask<R, A>(page: Page, question: (lab: Lab, argument: A) => Promise<R>, argument: A): Promise<R> {
  const outcome = await page.evaluate<Outcome<R>, A>(
    `async (argument) => {
      try {
        return { ok: true, value: await (${question})(globalThis.lab, argument) };
      } catch (error) {
        return { ok: false, failure: { code: error.code ?? 'internal', message: error.message, advice: error.advice ?? '' } };
      }
    }`,
    argument,
  );
  if (outcome.ok) return outcome.value;
  const { code, message, advice } = outcome.failure;
  throw new LabError(isErrorCode(code) ? code : 'internal', message, advice);
}
