import { connect } from '../client/client';
import { assert } from '../lib/assert';
import { fail } from '../state/actions';
import { createSettingsStorage } from '../storage/key-value/settings';
import { persist } from '../storage/persist';
import type { Lab } from '../worker/protocol';
import { mount } from './mount';

declare global {
  /** For the command line, which drives this page. */
  var lab: Lab;
}

// A worker cannot ask the browser to keep what is stored; the window can.
globalThis.lab = { ...connect(fail), persist };
const root = document.getElementById('root');
assert(root, 'index.html has #root');
await mount(root, globalThis.lab, createSettingsStorage());
