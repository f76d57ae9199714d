/** The WebLLM judge's worker, with GPU devices that the test can destroy. */
import './robbed-gpu';
import '../../../src/judges/webllm/webllm.worker';
