/** The judge's worker, with a GPU that can be lost. */
import './robbed-gpu';
import '../../../src/judges/webllm/webllm.worker';
