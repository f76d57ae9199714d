import { connect, type Lab } from '../client/client';
import { assert } from '../lib/assert';
import { fail } from '../state/actions';
import { createSettingsStorage } from '../storage/key-value/settings';
import { persist } from '../storage/persist';
import { mount } from './mount';

declare global {
  /** For the command line, which drives this page. */
  var lab: Lab;
}

globalThis.lab = connect({ persist }, fail);
const root = document.getElementById('root');
assert(root, 'index.html has #root');
await mount(root, globalThis.lab, createSettingsStorage());
