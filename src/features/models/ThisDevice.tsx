import { useEffect, useState } from 'react';
import type { DeviceInfo, DeviceReport } from '../../records/device';
import { cancelSelfTest, loadDeviceReport, runSelfTest, selfTestStore } from '../../state/models/self-test';
import { useStore } from '../../state/react';
import { currentRunStore, isIdle } from '../../state/runs/current-run';
import { sessionStore } from '../../state/session/session';
import { Button } from '../../ui/Button';
import { bytes, measured, moment, percent, plural, rate, seconds } from '../../ui/format';
import { Meter } from '../../ui/Meter';
import { FailureText } from '../../ui/Notice';
import './this-device.css';

/** The graphics device: its measured limits, and the self-test. */
export function ThisDevice() {
  const device = useStore(sessionStore, (session) => session.device);
  const { report, failure } = useStore(selfTestStore, ({ report, failure }) => ({ report, failure }));
  useEffect(() => void loadDeviceReport(), []);
  if (device === null) return null;
  return (
    <section className="panel models-section this-device" aria-labelledby="device-title">
      <h2 id="device-title">This device</h2>
      <p className="this-device-name">
        <strong>{device.name}</strong>
        {device.kind === 'software' && <span className="tag">no GPU</span>}
      </p>
      <Limits device={device} />
      <Test device={device} tested={report !== null} />
      {failure !== null && <FailureText failure={failure} />}
      {report !== null && <Report report={report} />}
    </section>
  );
}

function Limits({ device: { speed, maxStorageBufferBindingSize } }: { readonly device: DeviceInfo }) {
  const limits = [
    ['Memory bandwidth', `${bytes(speed.bandwidth)}/s`, 'Reading and writing in a copy'],
    ['Arithmetic, f32', `${rate(speed.flops)}FLOP/s`, 'Multiply-adds, two operations each'],
    ['Arithmetic, f16', speed.halfFlops === null ? 'not available' : `${rate(speed.halfFlops)}FLOP/s`, 'shader-f16'],
    ['One dispatch', seconds(speed.dispatch), 'The cost of starting a kernel'],
    ['One submit', seconds(speed.submit), 'The cost of starting a decode step and reading its tokens'],
    ['Largest buffer', bytes(maxStorageBufferBindingSize), 'That a kernel can use'],
  ] as const;
  return (
    <dl className="device-limits tabular">
      {limits.map(([name, value, about]) => (
        <div key={name} title={about}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Test({ device, tested }: { readonly device: DeviceInfo; readonly tested: boolean }) {
  const { testing, progress } = useStore(selfTestStore, ({ testing, progress }) => ({ testing, progress }));
  const model = useStore(sessionStore, (session) => session.recipe.model);
  // A device that failed may be tested again. A recipe that does not fit cannot be timed.
  const fits = useStore(sessionStore, ({ fault, estimate }) => fault === null && (estimate?.field ?? null) === null);
  const idle = useStore(currentRunStore, isIdle);
  if (testing) {
    const { doing, done, total } = progress ?? { doing: 'Starting', done: 0, total: 0 };
    return (
      <div className="device-testing" role="status">
        <p className="tabular">
          {doing}
          {total > 0 && ` (${done + 1} of ${total})`} …
        </p>
        <Meter share={total === 0 ? 0 : done / total} label="Progress of the self-test" />
        <Button className="button-small" onClick={cancelSelfTest}>
          Cancel
        </Button>
      </div>
    );
  }
  return (
    <>
      <p className="models-about">
        The self-test compares this device with numbers of PyTorch, and measures how near each kind of work comes to
        the limits above, with {model}. It takes about {device.kind === 'software' ? 'a minute' : '20 seconds'}.
      </p>
      <Button
        onClick={runSelfTest}
        disabled={!idle || !fits}
        title={!idle ? 'Stop the run first' : fits ? undefined : 'Choose a recipe that fits this device first'}
      >
        {tested ? 'Repeat the self-test' : 'Run the self-test'}
      </Button>
    </>
  );
}

function Report({ report }: { readonly report: DeviceReport }) {
  const { date, model, checks, speeds, variants } = report;
  const failed = checks.filter(({ passed }) => !passed).length;
  return (
    <div className="device-report">
      <h3>
        {failed === 0 ? 'Computes correctly' : `${failed} of ${checks.length} checks failed`}{' '}
        <span className="quiet">{moment(Date.parse(date))}</span>
      </h3>
      {failed > 0 && (
        <>
          <Checks checks={checks} />
          <p className="model-failure">
            Training is refused on this device, because its results would be wrong. Try another browser or update the
            graphics driver, then repeat the test.
          </p>
        </>
      )}
      {speeds.length > 0 && (
        <>
          <table className="device-speeds tabular">
            <caption>Speed of {model}</caption>
            <thead>
              <tr>
                <th scope="col">work</th>
                <th scope="col">tokens/s</th>
                <th scope="col" title="Of the speed that memory bandwidth and arithmetic allow at most">
                  of the limit
                </th>
              </tr>
            </thead>
            <tbody>
              {speeds.map(({ work, tokensPerSecond, share }) => (
                <tr key={work}>
                  <th scope="row">{work}</th>
                  <td>{measured(Number(tokensPerSecond.toPrecision(3)))}</td>
                  <td>{percent(share, share < 0.1 ? 1 : 0)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {failed === 0 && (
            <details>
              <summary>{plural(checks.length, 'check')} passed</summary>
              <Checks checks={checks} />
            </details>
          )}
          <details>
            <summary>Kernel variants ({Object.keys(variants).length})</summary>
            <dl className="device-variants">
              {Object.entries(variants).map(([key, variant]) => (
                <div key={key}>
                  <dt>{key}</dt>
                  <dd>{variant}</dd>
                </div>
              ))}
            </dl>
          </details>
        </>
      )}
      <CopyReport report={report} />
    </div>
  );
}

function Checks({ checks }: Pick<DeviceReport, 'checks'>) {
  return (
    <ul className="device-checks">
      {checks.map(({ name, passed, detail }) => (
        <li key={name} data-passed={passed}>
          <strong>
            {passed ? 'passed' : 'failed'}: {name}
          </strong>
          <span>{detail}</span>
        </li>
      ))}
    </ul>
  );
}

function CopyReport({ report }: { readonly report: DeviceReport }) {
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  return (
    <p className="device-copy">
      <Button
        className="button-small"
        onClick={() =>
          navigator.clipboard.writeText(JSON.stringify(report, null, 2)).then(
            () => setCopied('yes'),
            () => setCopied('failed'),
          )
        }
      >
        Copy report
      </Button>
      <span role="status" className="models-about">
        {copied === 'yes' && 'Copied as JSON. It names the device and the browser, and nothing else of you.'}
        {copied === 'failed' && 'The browser did not allow it.'}
        {copied === 'no' && 'JSON with everything above, to send to us.'}
      </span>
    </p>
  );
}
