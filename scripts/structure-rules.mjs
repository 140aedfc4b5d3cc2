/** The rules of `check-structure.mjs` that are lists: which layer may import from which. */

/**
 * The layers, top to bottom, each with the layers below it that it imports from. A new pair is a decision about the structure: add it
 * here when docs/architecture.md can say why.
 */
export const allowedImports = {
  'index.ts': 'train search policy judge endpoint probe vision protocol shared',
  library: 'evaluate page coldstart train search policy engine model judge endpoint benchmark probe runs protocol',
  web: 'page search policy engine model judge probe vision protocol shared',
  cli: 'server recipe evaluate logs page coldstart train search policy discover engine model hub judge endpoint benchmark probe vision runs protocol shared',
  server:
    'evaluate page search policy discover engine model hub judge endpoint benchmark probe vision runs protocol shared',
  recipe: 'evaluate page train runs protocol shared',
  evaluate: 'page coldstart search policy judge endpoint benchmark runs protocol shared',
  logs: 'vision runs protocol shared',
  page: 'search policy engine model probe vision runs protocol shared',
  coldstart: 'search policy judge vision runs protocol shared',
  train: 'search policy engine model judge probe vision runs protocol shared',
  search: 'policy vision runs protocol shared',
  policy: 'engine model local hub endpoint benchmark probe vision protocol shared',
  discover: 'local hub endpoint protocol shared',
  engine: 'model endpoint vision shared',
  model: 'hub endpoint probe vision protocol shared',
  judge: 'local hub endpoint benchmark runs protocol shared',
  local: 'endpoint shared',
  hub: 'endpoint runs shared',
  endpoint: 'vision protocol shared',
  benchmark: 'probe vision protocol shared',
  probe: 'vision protocol shared',
  vision: 'protocol shared',
  runs: 'protocol shared',
  protocol: 'shared',
  shared: '',
}

/** What `web/` may import as types alone: code of the server does not run in a browser. */
export const webTypes = ['server']
