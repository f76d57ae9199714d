import { MemoryStore } from './memory-store';
import { describeRunStore } from './run-store-contract';

describeRunStore('the store in memory', async () => ({ store: new MemoryStore() }));
