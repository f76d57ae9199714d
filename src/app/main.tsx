import { connect, type Lab } from '../client/client';
import { assert } from '../lib/assert';
import { fail } from '../state/actions';
import { persist } from '../storage/persist';
import { createSettingsStorage } from '../storage/settings';
import { mount } from './mount';

declare global {
  /** For the command line, which drives this page. */
  var lab: Lab;
}

globalThis.lab = connect({ persist }, fail);
const root = document.getElementById('root');
assert(root, 'index.html has #root');
await mount(root, globalThis.lab, createSettingsStorage());
