/** Starts the API reference, which scalar.js draws from the description of the API. */
type Scalar = { createApiReference(selector: string, configuration: Record<string, unknown>): unknown };

const { Scalar: scalar } = window as { Scalar?: Scalar };

if (scalar) {
  scalar.createApiReference('#app', {
    sources: [{ url: '/api/v1/openapi.json', agent: { disabled: true } }],
    withDefaultFonts: false,
    telemetry: false,
    hideClientButton: true,
    defaultOpenAllTags: true,
    showDeveloperTools: 'never',
    defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
  });
} else {
  document.querySelector('#load-notice')?.removeAttribute('hidden');
}
