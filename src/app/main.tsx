import type { Lab } from '../client/client';
import { connect } from '../client/connect';
import { assert } from '../lib/assert';
import { fail } from '../state/session/session-actions';
import { createSettingsStorage } from '../storage/key-value/settings';
import { persist } from '../storage/persist';
import { mount } from './mount';

declare global {
  /** The command line drives the page through it. */
  var lab: Lab;
}

// Only a window can ask the browser for persistent storage; a worker cannot.
globalThis.lab = connect({ persist }, fail);
const root = document.getElementById('root');
assert(root, 'index.html has #root');
await mount(root, globalThis.lab, createSettingsStorage());
