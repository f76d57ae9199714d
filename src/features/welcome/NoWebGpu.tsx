import type { Failure } from '../../lib/errors';

interface Way {
  readonly browser: string;
  readonly steps: readonly string[];
}

/** How this browser comes by WebGPU; by what its user agent says, since there is nothing else to ask. */
export function wayToWebGpu(agent: string): Way {
  if (/Firefox\//.test(agent)) {
    return {
      browser: 'Firefox',
      steps: [
        'On Windows and on a Mac with Apple silicon, WebGPU is on in Firefox 145 and later: update, then open this page again.',
        'Elsewhere, open about:config, set dom.webgpu.enabled to true, and restart.',
      ],
    };
  }
  if (/Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent)) {
    return {
      browser: 'Safari',
      steps: ['WebGPU is on in Safari 26 and later (macOS 26, iOS 26): update the system, then open this page again.'],
    };
  }
  if (/Linux/.test(agent) && !/Android/.test(agent)) {
    return {
      browser: /Edg\//.test(agent) ? 'Edge on Linux' : 'Chrome on Linux',
      steps: [
        'Open chrome://flags, set “Unsafe WebGPU Support” and “Vulkan” to Enabled, and relaunch.',
        'Look at chrome://gpu: the line “WebGPU” must say “Hardware accelerated”. If not, the graphics driver lacks Vulkan.',
      ],
    };
  }
  return {
    browser: /Edg\//.test(agent) ? 'Edge' : 'Chrome',
    steps: [
      'Update to version 121 or later.',
      'In the settings, under System, switch on “Use graphics acceleration when available”, and relaunch.',
    ],
  };
}

export function NoWebGpu({ failure }: { readonly failure: Failure }) {
  const way = wayToWebGpu(navigator.userAgent);
  return (
    <div className="welcome-missing" role="alert">
      <p>
        <strong>{failure.message}</strong> {failure.advice}
      </p>
      {failure.code === 'no-webgpu' && (
        <>
          <h2>In {way.browser}</h2>
          <ol>
            {way.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          {!isSecureContext && (
            <p>This page was not opened over https or from localhost; browsers offer WebGPU nowhere else.</p>
          )}
        </>
      )}
      <p className="quiet">Runs that are stored here can still be looked at and exported.</p>
    </div>
  );
}
