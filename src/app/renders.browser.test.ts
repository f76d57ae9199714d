/**
 * Progress events arrive ten times a second: a component renders for one only when it shows something that changed.
 */

import { createElement, type FunctionComponent, Profiler } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LoopDiagram } from '../features/loop/LoopDiagram';
import { Notices } from '../features/notices/Notices';
import { ProgressLine, RunControls } from '../features/progress/ProgressLine';
import type { Progress } from '../records/progress';
import { currentRunStore, NO_RUN } from '../state/runs/current-run';
import { runSummary } from '../tpo/testing/records';

const progress: Progress = {
  phase: 'generate',
  iteration: 2,
  iterations: 3,
  arm: 'thinking',
  done: 12,
  total: 32,
  counts: 'prompts',
  tokensPerSecond: 1204,
  secondsLeft: 190,
};

let root: Root;
let renders: number;

beforeEach(() => {
  currentRunStore.setState({ ...NO_RUN, run: { ...runSummary(), status: 'running' }, active: true, progress });
  root = createRoot(document.body.appendChild(document.createElement('div')));
  renders = 0;
});
afterEach(() => root.unmount());

function mount(component: FunctionComponent): void {
  const onRender = () => {
    renders += 1;
  };
  flushSync(() => root.render(createElement(Profiler, { id: 'test', onRender }, createElement(component))));
  expect(renders).toBeGreaterThan(0);
  renders = 0;
}

/** Applies a progress event, as `receiveEvents` does. */
function advance(change: Partial<Progress>): void {
  flushSync(() => currentRunStore.setState((state) => ({ progress: { ...(state.progress ?? progress), ...change } })));
}

it('the progress line renders once for each progress event', () => {
  mount(ProgressLine);
  advance({ done: 13 });
  advance({ tokensPerSecond: 1180, secondsLeft: 187 });
  expect(renders).toBe(2);
});

it('the buttons of the progress line render for none', () => {
  mount(RunControls);
  advance({ done: 13 });
  advance({ tokensPerSecond: 1180, secondsLeft: 187 });
  expect(renders).toBe(0);
  flushSync(() => currentRunStore.setState({ asked: 'pause' }));
  expect(renders).toBe(1);
});

it('the loop diagram renders when a count changes, and not for speed and time left', () => {
  mount(LoopDiagram);
  advance({ tokensPerSecond: 1180, secondsLeft: 187 });
  expect(renders).toBe(0);
  advance({ done: 13 });
  expect(renders).toBe(1);
});

it('the notices render for none', () => {
  mount(Notices);
  advance({ done: 13 });
  advance({ phase: 'judge', done: 0 });
  expect(renders).toBe(0);
});
