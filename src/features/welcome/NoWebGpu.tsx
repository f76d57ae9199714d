import type { Failure } from '../../lib/errors';

interface Instructions {
  readonly browser: string;
  readonly steps: readonly string[];
}

/** How to enable WebGPU in this browser, which only the user agent string identifies. */
function webGpuInstructions(agent: string): Instructions {
  if (/Firefox\//.test(agent)) {
    return {
      browser: 'Firefox',
      steps: [
        'On Windows and on Macs with Apple silicon, WebGPU is on in Firefox 145 and later. Update ' +
          'Firefox, then open this page again.',
        'On other systems, open about:config, set dom.webgpu.enabled to true, and restart Firefox.',
      ],
    };
  }
  if (/Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent)) {
    return {
      browser: 'Safari',
      steps: ['WebGPU is on in Safari 26 and later (macOS 26, iOS 26). Update the system, then open this page again.'],
    };
  }
  if (/Linux/.test(agent) && !/Android/.test(agent)) {
    return {
      browser: /Edg\//.test(agent) ? 'Edge on Linux' : 'Chrome on Linux',
      steps: [
        'Open chrome://flags, set “Unsafe WebGPU Support” and “Vulkan” to Enabled, and relaunch.',
        'Open chrome://gpu. The line “WebGPU” must say “Hardware accelerated”. If it does not, the ' +
          'graphics driver does not support Vulkan.',
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
  const { browser, steps } = webGpuInstructions(navigator.userAgent);
  return (
    <div className="welcome-missing" role="alert">
      <p>
        <strong>{failure.message}</strong> {failure.advice}
      </p>
      {failure.code === 'no-webgpu' && (
        <>
          <h2>In {browser}</h2>
          <ol>
            {steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          {!isSecureContext && (
            <p>Browsers offer WebGPU only to pages opened over https or from localhost. This page was not.</p>
          )}
        </>
      )}
      <p className="quiet">You can still view and export the runs stored in this browser.</p>
    </div>
  );
}
