/** The judges' page. `npm run bench -- judges` opens it and calls `judgeBench`; what it logs is its progress. */
import { adapterName } from '../../src/engine/testing/adapter-name';
import { CONTENDERS } from './contenders';
import { measure } from './measure';
import pairs from './pairs.json';
import type { JudgeResult } from './report';
import { sample } from './sample';

globalThis.judgeBench = async (options) => {
  const unknown = options.judges.find((name) => CONTENDERS.every((contender) => contender.name !== name));
  if (unknown !== undefined)
    throw new Error(`${unknown} is no judge: ${CONTENDERS.map(({ name }) => name).join(', ')}.`);
  const contenders = CONTENDERS.filter(({ name }) => options.judges.includes(name));
  const some = pairs.slice(0, options.pairs);
  const results: JudgeResult[] = [];
  for (const { name, open } of contenders) {
    console.log(`${name} …`);
    results.push(
      await measure(
        () => open(options, some),
        some,
        options.controls,
        (line) => console.log(line),
      ),
    );
  }
  return { version: 1, device: await adapterName(navigator.gpu), results };
};

globalThis.samplePairs = sample;
